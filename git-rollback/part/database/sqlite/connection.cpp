#include "part/database/sqlite/connection.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cstdint>
#include <thread>

#include "os/error.h"

namespace rollback::sqlite {
namespace {

std::string doubled(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

// SQLite's own handler soon sleeps 100 ms at a time, and then never meets the
// short moments in which a busy writer leaves its lock.
int wait_a_moment(void* patience, int waited) {
  if (waited >= static_cast<int>(reinterpret_cast<std::intptr_t>(patience))) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return 1;
}

}  // namespace

Connection open(const Location& location, Access access) {
  // Reading, too, may first have to roll back what a killed program left.
  auto db = std::make_unique<SQLite::Database>(location.file.string(),
                                               SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX);
  sqlite3_busy_handler(
      db->getHandle(), wait_a_moment,
      reinterpret_cast<void*>(static_cast<std::intptr_t>(location.patience.count())));
  db->exec("PRAGMA foreign_keys=OFF; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=OFF");
  db->exec("PRAGMA cache_spill=OFF; PRAGMA trusted_schema=ON");
  if (access == Access::read) db->exec("PRAGMA query_only=ON");
  return db;
}

Connection open_scratch() {
  return std::make_unique<SQLite::Database>(":memory:",
                                            SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
}

bool is_wal(SQLite::Database& db) {
  return db.execAndGet("PRAGMA journal_mode").getString() == "wal";
}

std::int64_t number(SQLite::Database& db, const std::string& query) {
  return db.execAndGet(query).getInt64();
}

bool table_exists(SQLite::Database& db, std::string_view name) {
  SQLite::Statement query(
      db, "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=? COLLATE NOCASE");
  query.bind(1, std::string(name));
  return query.executeStep();
}

std::string identifier(std::string_view name) { return doubled(name, '"'); }

std::string literal(std::string_view text) { return doubled(text, '\''); }

Transaction::Transaction(SQLite::Database& db, Kind kind) : db_(db) {
  db_.exec(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
  // BEGIN alone takes no snapshot; the first read does.
  if (kind == Kind::snapshot) number(db_, "SELECT count(*) FROM sqlite_schema");
}

Transaction::~Transaction() {
  if (open_ && sqlite3_get_autocommit(db_.getHandle()) == 0) db_.tryExec("ROLLBACK");
}

void Transaction::commit() {
  db_.exec("COMMIT");
  open_ = false;
}

void rethrow(const std::string& schema) {
  try {
    throw;
  } catch (const SQLite::Exception& error) {
    const std::string where = "database '" + schema + "'";
    if (error.getErrorCode() == SQLITE_BUSY || error.getErrorCode() == SQLITE_LOCKED) {
      throw Refused(where + " is busy: another program holds its lock", {"run the command again"});
    }
    throw Fatal(where + ": " + error.what());
  }
}

}  // namespace rollback::sqlite
