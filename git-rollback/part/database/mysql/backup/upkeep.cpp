#include "part/database/mysql/backup/upkeep.h"

#include <algorithm>

#include "os/counted.h"
#include "os/fail_point.h"
#include "os/progress.h"
#include "part/database/mysql/backup/space.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/rows/rows.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

const Entry* find_entry(const std::vector<Entry>& entries, const std::string& table) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.table == table; });
  return found == entries.end() ? nullptr : &*found;
}

// Which column is not as it was when the backup was made; "" : none.
std::string changed_column(const Definition& recorded, const Definition& found) {
  for (const Column& column : recorded.columns) {
    const Column* other = found.column(column.name);
    if (other == nullptr || other->full_type != column.full_type ||
        other->charset != column.charset) {
      return column.name;
    }
  }
  return "";
}

// What is wrong with the rows of one backup; "" : nothing.
std::string what_is_wrong_with_rows(Session& session, const Backup& backup, const Entry& entry) {
  Hashed hashed;
  try {
    hashed = hash_rows(session, entry.definition, backup.backup);
  } catch (const ServerError& error) {
    if (error.is_lost_connection()) throw;
    return "cannot be read from '" + backup.backup + "': " + error.what();
  }
  if (hashed.rows != backup.rows) {
    return "has " + counted(hashed.rows, "row") + " in '" + backup.backup + "', and " +
           counted(backup.rows, "row") + " were recorded";
  }
  if (hashed.sha256 == backup.sha256) return "";
  return "has other rows in '" + backup.backup +
         "' than were recorded: their hash is sha256:" + hashed.sha256 +
         ", not sha256:" + backup.sha256;
}

std::string what_is_wrong(Session& session, const Backup& backup, const Entry* entry) {
  if (entry == nullptr) return "is not in the database's registry";
  if (!entry->complete) return "is not complete";
  if (entry->kind == BackupKind::spent) {
    return "went live in an emergency, and could not be made anew";
  }
  if (entry->backup != backup.backup) {
    return "is '" + entry->backup + "' in the database's registry, and '" + backup.backup +
           "' in the point";
  }
  if (backup.backup.empty()) return "";  // only the structure was kept
  const auto found = read_definition(session, backup.backup);
  if (!found) return "is gone: there is no table '" + backup.backup + "'";
  const std::string column = changed_column(entry->definition, *found);
  if (!column.empty()) {
    return "was altered: column '" + column + "' of '" + backup.backup + "' is not as recorded";
  }
  return what_is_wrong_with_rows(session, backup, *entry);
}

void remove_one(Session& session, Registry& registry, const Entry& entry) {
  if (names::is_table_of_ours(entry.backup)) {
    session.run("DROP TABLE IF EXISTS " + identifier(entry.backup));
  }
  fail_point("database prune: dropped");
  registry.remove(entry);
  fail_point("database prune: table");
}

}  // namespace

std::vector<Finding> verify(const Place& place, const std::string& point,
                            const std::vector<Backup>& backups) {
  Session session = open(place);
  const auto entries = Registry(session, place.component).of_point(point);
  std::vector<Finding> findings;
  for (const Backup& backup : backups) {
    const std::string wrong = what_is_wrong(session, backup, find_entry(entries, backup.table));
    if (wrong.empty()) continue;
    findings.push_back(
        {"the backup of table '" + backup.table + "' of database '" + place.schema + "' " + wrong});
  }
  return findings;
}

KeptTables kept_tables(const Place& place) {
  Session session = open(place);
  const Registry registry(session, place.component);
  KeptTables kept;
  // Where the disk cannot be seen, retention goes by age, number and bytes alone.
  const auto volume = volume_of(session, place.endpoint());
  if (volume) kept.volumes.push_back(*volume);
  for (const Entry& entry : registry.all()) {
    const bool has_table = entry.kind == BackupKind::copy || entry.kind == BackupKind::displaced;
    if (!has_table || !entry.complete) continue;
    KeptTable table{.component = place.component,
                    .database = place.schema,
                    .name = entry.backup,
                    .point = entry.point,
                    .operation = {},
                    .volume = volume ? volume->id : 0};
    if (entry.kind == BackupKind::displaced) {
      const auto operation = registry.that_left(entry.point);
      if (!operation) continue;                            // nobody knows whose it is: it stays
      if (!table_exists(session, entry.backup)) continue;  // a CALL was cut off before its swap
      table.operation = operation->id;
    }
    kept.tables.push_back(std::move(table));
  }
  return kept;
}

std::int64_t bytes_of(const Place& place, const std::string& table) {
  Session session = open(place);
  // DATA_FREE is of the whole file and stands for what deleted rows left in it.
  return session.number(
      "SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables"
      " WHERE table_schema = database() AND table_name = " +
      literal(table));
}

void remove_kept(const Place& place, const std::string& point) {
  Session session = open(place);
  Registry registry(session, place.component);
  for (const Entry& entry : registry.of_point(point)) remove_one(session, registry, entry);
  if (const auto operation = registry.that_left(point)) registry.remove_operation(operation->id);
}

}  // namespace rollback::mysql
