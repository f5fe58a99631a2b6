#include "part/database/sqlite/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <initializer_list>

#include "os/error.h"
#include "part/database/sqlite/connection.h"
#include "part/database/table_pattern.h"

namespace rollback::sqlite {
namespace {

int run(SQLite::Database& db, const std::string& sql, std::initializer_list<std::string> values) {
  SQLite::Statement statement(db, sql);
  int i = 0;
  for (const std::string& value : values) statement.bind(++i, value);
  return statement.exec();
}

void expect_one(int changed, const std::string& name) {
  if (changed != 1) throw Fatal("'" + name + "' is not where it was in the schema");
}

}  // namespace

SchemaEdit::SchemaEdit(SQLite::Database& db) : db_(db) { db_.exec("PRAGMA writable_schema=ON"); }

SchemaEdit::~SchemaEdit() {
  if (open_) db_.tryExec("PRAGMA writable_schema=RESET");
}

void SchemaEdit::rename(const Face& from, const Face& to) {
  expect_one(run(db_,
                 "UPDATE sqlite_schema SET name=?1, tbl_name=?1, sql=?2 "
                 "WHERE type='table' AND name=?3",
                 {to.table, to.sql, from.table}),
             from.table);
  const bool statistics = table_exists(db_, "sqlite_stat1");
  for (size_t i = 0; i < from.indexes.size(); ++i) {
    expect_one(run(db_,
                   "UPDATE sqlite_schema SET name=?1, tbl_name=?2, sql=?3 "
                   "WHERE type='index' AND name=?4",
                   {to.indexes[i].name, to.table, to.indexes[i].sql, from.indexes[i].name}),
               from.indexes[i].name);
    if (!statistics) continue;
    run(db_, "UPDATE sqlite_stat1 SET idx=?1 WHERE tbl=?2 AND idx=?3",
        {to.indexes[i].name, from.table, from.indexes[i].name});
  }
  const std::string automatic = "sqlite_autoindex_";
  run(db_,
      "UPDATE sqlite_schema SET name=?1 || substr(name, length(?2) + 1), tbl_name=?3 "
      "WHERE type='index' AND sql IS NULL AND tbl_name=?4 COLLATE NOCASE",
      {automatic + to.table, automatic + from.table, to.table, from.table});
  if (statistics) {
    run(db_,
        "UPDATE sqlite_stat1 SET idx=?1 || substr(idx, length(?2) + 1) "
        "WHERE tbl=?3 AND substr(idx, 1, length(?2) + 1) = ?2 || '_'",
        {automatic + to.table, automatic + from.table, from.table});
    run(db_, "UPDATE sqlite_stat1 SET idx=?1 WHERE tbl=?2 AND idx=?2", {to.table, from.table});
    run(db_, "UPDATE sqlite_stat1 SET tbl=?1 WHERE tbl=?2", {to.table, from.table});
  }
  if (table_exists(db_, "sqlite_sequence")) {
    run(db_, "UPDATE sqlite_sequence SET name=?1 WHERE name=?2", {to.table, from.table});
  }
}

void SchemaEdit::drop_triggers(const std::string& table) {
  run(db_, "DELETE FROM sqlite_schema WHERE type='trigger' AND tbl_name=? COLLATE NOCASE", {table});
}

void SchemaEdit::add_triggers(const std::string& table, const std::vector<Named>& triggers) {
  for (const Named& trigger : triggers) {
    run(db_,
        "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) "
        "VALUES ('trigger', ?1, ?2, 0, ?3)",
        {trigger.name, table, trigger.sql});
  }
}

void SchemaEdit::set_statistics(const Definition& definition) {
  if (!table_exists(db_, "sqlite_stat1")) return;
  run(db_, "DELETE FROM sqlite_stat1 WHERE tbl=?", {definition.name});
  for (const auto& [index, text] : definition.statistics) {
    run(db_, "INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES (?1, nullif(?2, ''), ?3)",
        {definition.name, index, text});
  }
}

void SchemaEdit::finish() {
  SQLite::Statement twice(db_,
                          "SELECT name FROM sqlite_schema GROUP BY lower(name), type='trigger' "
                          "HAVING count(*) > 1");
  if (twice.executeStep()) {
    throw Refused("the name '" + twice.getColumn(0).getString() + "' is taken by another object",
                  {"rename it, and run the command again"});
  }
  const auto version = number(db_, "PRAGMA schema_version");
  db_.exec("PRAGMA schema_version=" + std::to_string(version + 1));
  open_ = false;
  db_.exec("PRAGMA writable_schema=RESET");
  // Reads the schema now, so that a mistake stops the transaction and not the users.
  number(db_, "SELECT count(*) FROM sqlite_schema");
}

std::optional<std::string> taken_name(SQLite::Database& db, const Definition& definition,
                                      const std::vector<std::string>& leaving) {
  for (const auto* const objects : {&definition.indexes, &definition.triggers}) {
    for (const Named& object : *objects) {
      SQLite::Statement query(db,
                              "SELECT tbl_name FROM sqlite_schema WHERE name=? COLLATE NOCASE AND "
                              "(type='trigger')=?");
      query.bind(1, object.name);
      query.bind(2, objects == &definition.triggers ? 1 : 0);
      if (!query.executeStep()) continue;
      const std::string owner = query.getColumn(0).getString();
      const auto is_owner = [&](const std::string& table) { return same_name(table, owner); };
      if (std::none_of(leaving.begin(), leaving.end(), is_owner)) return object.name;
    }
  }
  return std::nullopt;
}

}  // namespace rollback::sqlite
