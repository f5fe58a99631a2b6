#include "part/database/sqlite/log.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <vector>

#include "part/database/sqlite/connection.h"

namespace rollback::sqlite {
namespace {

struct Event {
  const char* suffix;
  const char* words;
  std::vector<const char*> rows;
};

const std::vector<Event>& events() {
  static const std::vector<Event> all{
      {"_i", "INSERT", {"NEW"}}, {"_u", "UPDATE", {"OLD", "NEW"}}, {"_d", "DELETE", {"OLD"}}};
  return all;
}

std::string key_columns(size_t count) {
  std::string list = "k1";
  for (size_t i = 2; i <= count; ++i) list += ", k" + std::to_string(i);
  return list;
}

std::string note(const Definition& definition, const std::string& log, const char* row) {
  const auto key = storage_key(definition);
  std::string values;
  for (const auto& column : key) {
    values += (values.empty() ? "" : ", ") + std::string(row) + "." +
              (definition.without_rowid ? identifier(column) : column);
  }
  return "INSERT INTO " + identifier(log) + "(" + key_columns(key.size()) + ") VALUES (" + values +
         "); ";
}

std::string columns_of_insert(const Definition& definition) {
  std::string list = has_hidden_rowid(definition) ? definition.rowid : "";
  for (const auto& column : definition.stored()) {
    list += (list.empty() ? "" : ", ") + identifier(column);
  }
  return list;
}

size_t count_of_insert(const Definition& definition) {
  return definition.stored().size() + (has_hidden_rowid(definition) ? 1 : 0);
}

// Temporary tables hold values as they are: their columns have no type.
void stash(SQLite::Database& db, const std::string& name, size_t columns,
           const std::string& select) {
  std::string list = "c1";
  for (size_t i = 2; i <= columns; ++i) list += ", c" + std::to_string(i);
  db.exec("DROP TABLE IF EXISTS temp." + identifier(name));
  db.exec("CREATE TEMP TABLE " + identifier(name) + "(" + list + ")");
  db.exec("INSERT INTO temp." + identifier(name) + " " + select);
}

// Rows deleted by REPLACE on another UNIQUE fire no trigger.
bool counts_agree(SQLite::Database& db, const Carry& carry) {
  const auto count = [&](const std::string& table) {
    return number(db, "SELECT count(*) FROM " + table);
  };
  return count(identifier(carry.projection.table)) ==
         count(identifier(carry.target)) + count("temp.git_rollback_stash");
}

void take_out(SQLite::Database& db, const Carry& carry) {
  std::string sql = "DELETE FROM " + identifier(carry.target);
  if (!carry.projection.key_in.empty()) {
    sql += " WHERE " + key_is_logged(carry.projection.to, "", carry.projection.key_in);
  }
  db.exec(sql);
}

// Which of insert_into_table's columns the storage key is, from 1.
std::vector<size_t> key_places(const Definition& definition) {
  if (has_hidden_rowid(definition)) return {1};
  std::vector<size_t> places;
  const auto stored = definition.stored();
  for (const auto& column : storage_key(definition)) {
    const std::string& wanted = definition.without_rowid ? column : definition.rowid_column;
    size_t place = 1;
    while (place < stored.size() && stored[place - 1] != wanted) ++place;
    places.push_back(place);
  }
  return places;
}

// Row s of a stash, and row t of the table itself or of another stash.
std::string same_row(const Definition& definition, bool stashed) {
  const auto key = storage_key(definition);
  const auto places = key_places(definition);
  std::string terms;
  for (size_t i = 0; i < key.size(); ++i) {
    const std::string place = "c" + std::to_string(places[i]);
    const std::string name = definition.without_rowid ? identifier(key[i]) : key[i];
    terms += (terms.empty() ? "t." : " AND t.") + (stashed ? place : name) + " = s." + place;
  }
  return terms;
}

std::int64_t put_in(SQLite::Database& db, const Carry& carry) {
  const Definition& to = carry.projection.to;
  const std::string into =
      identifier(carry.target) + "(" + columns_of_insert(to) + ") SELECT * FROM temp.git_rollback_";
  if (!carry.forgiving) {
    db.exec("INSERT OR ABORT INTO " + into + "stash");
    return 0;
  }
  db.exec("INSERT OR IGNORE INTO " + into + "stash");
  stash(db, unfit_rows, count_of_insert(to),
        "SELECT * FROM temp.git_rollback_stash AS s WHERE NOT EXISTS (SELECT 1 FROM " +
            identifier(carry.target) + " AS t WHERE " + same_row(to, false) + ")");
  // What stood under such a key before stays, if it still can.
  db.exec("INSERT OR IGNORE INTO " + into + "old AS s WHERE EXISTS (SELECT 1 FROM temp." +
          unfit_rows + " AS t WHERE " + same_row(to, true) + ")");
  return number(db, std::string("SELECT count(*) FROM temp.") + unfit_rows);
}

}  // namespace

void start_log(SQLite::Database& db, const Definition& definition, const std::string& log) {
  const size_t keys = storage_key(definition).size();
  db.exec("CREATE TABLE IF NOT EXISTS " + identifier(log) + "(" + key_columns(keys) + ")");
  db.exec("DELETE FROM " + identifier(log));
  for (const Event& event : events()) {
    std::string body;
    for (const char* const row : event.rows) body += note(definition, log, row);
    db.exec("CREATE TRIGGER IF NOT EXISTS " + identifier(log + event.suffix) + " AFTER " +
            event.words + " ON " + identifier(definition.name) + " BEGIN " + body + "END");
  }
}

void drop_log_triggers(SQLite::Database& db, const std::string& log) {
  for (const Event& event : events()) {
    db.exec("DROP TRIGGER IF EXISTS " + identifier(log + event.suffix));
  }
}

void stop_log(SQLite::Database& db, const std::string& log) {
  drop_log_triggers(db, log);
  db.exec("DROP TABLE IF EXISTS " + identifier(log));
}

bool is_logged(SQLite::Database& db, const std::string& log) {
  return table_exists(db, log) &&
         number(db, "SELECT EXISTS (SELECT 1 FROM " + identifier(log) + ")") != 0;
}

std::int64_t count_logged_rows(SQLite::Database& db, const Definition& definition,
                               const std::string& table, const std::string& log) {
  return number(db, "SELECT count(*) FROM " + identifier(table) + " AS f WHERE " +
                        key_is_logged(definition, "f", log));
}

std::int64_t carry_over(SQLite::Database& db, const Carry& carry) {
  Carry now = carry;
  if (now.whole) now.projection.key_in.clear();
  const Definition& to = now.projection.to;
  const std::string hidden = has_hidden_rowid(to) ? "t." + to.rowid + ", " : "";
  std::string old = "SELECT " + hidden;
  for (const auto& column : to.stored()) old += "t." + identifier(column) + ", ";
  old.resize(old.size() - 2);
  old += " FROM " + identifier(now.target) + " AS t";
  if (!now.projection.key_in.empty()) {
    old += " WHERE " + key_is_logged(to, "t", now.projection.key_in);
  }
  stash(db, "git_rollback_old", count_of_insert(to), old);
  stash(db, "git_rollback_stash", count_of_insert(to), select_projected_for_table(now.projection));
  take_out(db, now);
  if (!now.whole && now.projection.from.other_unique && !counts_agree(db, now)) {
    // Take back what was taken out, for a fill may come from the target itself.
    db.exec("INSERT OR IGNORE INTO " + identifier(now.target) + "(" + columns_of_insert(to) +
            ") SELECT * FROM temp.git_rollback_old");
    now.whole = true;
    return carry_over(db, now);
  }
  return put_in(db, now);
}

}  // namespace rollback::sqlite
