#include "part/database/sqlite/upkeep.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/error.h"
#include "os/fail_point.h"
#include "part/database/sqlite/projection.h"
#include "part/database/sqlite/registry.h"
#include "part/database/sqlite/rows.h"
#include "part/database/sqlite/target.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

constexpr int incremental_vacuum = 2;  // of PRAGMA auto_vacuum

std::string count_of_rows(std::int64_t rows) {
  return std::to_string(rows) + (rows == 1 ? " row" : " rows");
}

const Entry* find_entry(const std::vector<Entry>& entries, const std::string& table) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.table == table; });
  return found == entries.end() ? nullptr : &*found;
}

// What is wrong with the rows of one backup; "" : nothing.
std::string what_is_wrong(SQLite::Database& db, const Backup& backup, const Entry* entry) {
  if (entry == nullptr) return "is not in the database's registry";
  if (!entry->complete) return "is not complete";
  if (entry->backup != backup.backup) {
    return "is '" + entry->backup + "' in the database's registry, and '" + backup.backup +
           "' in the point";
  }
  if (backup.backup.empty()) return "";  // only the structure was kept
  if (!table_exists(db, backup.backup)) return "is gone: there is no table '" + backup.backup + "'";
  Hashed found;
  try {
    found = hash_rows(db, select_rows(entry->definition, source_of(*entry)));
  } catch (const SQLite::Exception& error) {
    return "cannot be read from '" + backup.backup + "': " + error.what();
  }
  if (found.rows != backup.rows) {
    return "has " + count_of_rows(found.rows) + " in '" + backup.backup + "', and " +
           count_of_rows(backup.rows) + " were recorded";
  }
  if (found.sha256 == backup.sha256) return "";
  return "has other rows in '" + backup.backup +
         "' than were recorded: their hash is sha256:" + found.sha256 +
         ", not sha256:" + backup.sha256;
}

Volume volume_of(SQLite::Database& db, const Location& location) {
  struct stat file {};
  struct statvfs filesystem {};
  if (stat(location.file.c_str(), &file) != 0 || statvfs(location.file.c_str(), &filesystem) != 0) {
    throw Fatal("cannot look at '" + location.file.string() + "': " + strerror(errno));
  }
  const auto fragment = static_cast<std::int64_t>(filesystem.f_frsize);
  return {.id = file.st_dev,
          .total_bytes = static_cast<std::int64_t>(filesystem.f_blocks) * fragment,
          .free_bytes = static_cast<std::int64_t>(filesystem.f_bavail) * fragment,
          .reusable_bytes = number(db, "PRAGMA freelist_count") * number(db, "PRAGMA page_size")};
}

// Gives free pages back to the filesystem, where the database is made for it.
void shrink(SQLite::Database& db) {
  if (number(db, "PRAGMA auto_vacuum") != incremental_vacuum) return;
  SQLite::Statement vacuum(db, "PRAGMA incremental_vacuum");
  while (vacuum.executeStep()) {
  }
}

void remove_one(SQLite::Database& db, Registry& registry, const Entry& entry) {
  Transaction transaction(db, Transaction::Kind::write);
  if (names::is_table_of_ours(entry.backup)) {
    db.exec("DROP TABLE IF EXISTS " + identifier(entry.backup));
  }
  registry.remove(entry);
  transaction.commit();
  fail_point("database prune: table");
}

}  // namespace

std::vector<Finding> verify(const Location& location, const std::string& component,
                            const std::string& point, const std::vector<Backup>& backups) {
  const Connection db = open(location, Access::read);
  const Transaction snapshot(*db, Transaction::Kind::snapshot);
  const auto entries = Registry(*db, component).of_point(point);
  std::vector<Finding> findings;
  for (const Backup& backup : backups) {
    const std::string wrong = what_is_wrong(*db, backup, find_entry(entries, backup.table));
    if (wrong.empty()) continue;
    findings.push_back({"the backup of table '" + backup.table + "' of database '" +
                        location.schema + "' " + wrong});
  }
  return findings;
}

KeptTables kept_tables(const Location& location, const std::string& component) {
  const Connection db = open(location, Access::read);
  const Transaction snapshot(*db, Transaction::Kind::snapshot);
  const Registry registry(*db, component);
  const Volume volume = volume_of(*db, location);
  KeptTables kept{{}, {volume}};
  for (const Entry& entry : registry.all()) {
    if (entry.kind == BackupKind::structure || !entry.complete) continue;
    KeptTable table{.component = component,
                    .database = location.schema,
                    .name = entry.backup,
                    .point = entry.point,
                    .operation = {},
                    .volume = volume.id};
    if (entry.kind == BackupKind::displaced) {
      const auto operation = registry.that_left(entry.point);
      if (!operation) continue;  // nobody knows whose it is: it stays
      table.operation = operation->id;
    }
    kept.tables.push_back(std::move(table));
  }
  return kept;
}

std::int64_t bytes_of(const Location& location, const std::string& table) {
  const Connection db = open(location, Access::read);
  SQLite::Statement query(*db,
                          "SELECT coalesce(sum((SELECT sum(pgsize) FROM dbstat WHERE"
                          " dbstat.name = s.name AND aggregate = 1)), 0)"
                          " FROM sqlite_schema AS s WHERE s.tbl_name = ? AND s.rootpage > 0");
  query.bind(1, table);
  query.executeStep();
  return query.getColumn(0).getInt64();
}

void remove_kept(const Location& location, const std::string& component, const std::string& point) {
  const Connection db = open(location, Access::write);
  Registry registry(*db, component);
  const auto entries = registry.of_point(point);
  for (const Entry& entry : entries) remove_one(*db, registry, entry);
  if (const auto operation = registry.that_left(point)) registry.remove_operation(operation->id);
  if (!entries.empty()) shrink(*db);
}

}  // namespace rollback::sqlite
