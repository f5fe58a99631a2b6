// Connections to an SQLite database, as this program needs them: patient,
// durable, with foreign keys off, and with errors that name the database.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace SQLite {
class Database;
}

namespace rollback::sqlite {

using Connection = std::unique_ptr<SQLite::Database>;

enum class Access { read, write };

struct Location {
  boost::filesystem::path file;
  std::string schema;  // as messages and trailers call it
  std::chrono::milliseconds patience = std::chrono::seconds(10);  // with other writers
};

// The file must exist.
Connection open(const Location& location, Access access);
Connection open_scratch();  // in memory, empty

bool is_wal(SQLite::Database& db);
std::int64_t number(SQLite::Database& db, const std::string& query);  // its first value
bool table_exists(SQLite::Database& db, std::string_view name);

std::string identifier(std::string_view name);  // "it""s"
std::string literal(std::string_view text);     // 'it''s'

// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind { snapshot, write };
  Transaction(SQLite::Database& db, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  SQLite::Database& db_;
  bool open_ = true;
};

// Inside a catch block: turns an error of SQLite's into Refused where the
// database is busy, else into Fatal; throws any other error on.
[[noreturn]] void rethrow(const std::string& schema);

template <class Work>
auto guarded(const std::string& schema, Work&& work) {
  try {
    return work();
  } catch (...) {
    rethrow(schema);
  }
}

}  // namespace rollback::sqlite
