#include "part/database/sqlite/definition.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "os/error.h"
#include "part/database/sqlite/connection.h"
#include "part/database/sqlite/sql.h"
#include "part/database/table_pattern.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

std::string collation_of(SQLite::Database& db, const std::string& table, const std::string& name) {
  const char* collation = nullptr;
  sqlite3_table_column_metadata(db.getHandle(), "main", table.c_str(), name.c_str(), nullptr,
                                &collation, nullptr, nullptr, nullptr);
  return collation ? collation : "BINARY";
}

void read_columns(SQLite::Database& db, Definition& definition) {
  SQLite::Statement query(
      db, R"(SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?))");
  query.bind(1, definition.name);
  while (query.executeStep()) {
    Column column{query.getColumn(0).getString(), query.getColumn(1).getString(), {}, {}};
    column.collation = collation_of(db, definition.name, column.name);
    if (!query.isColumnNull(3)) column.fallback = query.getColumn(3).getString();
    column.not_null = query.getColumn(2).getInt() != 0;
    column.key = query.getColumn(4).getInt();
    column.generated = query.getColumn(5).getInt();
    definition.columns.push_back(std::move(column));
  }
}

void read_rowid(SQLite::Database& db, Definition& definition) {
  SQLite::Statement listed(db, "SELECT wr FROM pragma_table_list WHERE schema='main' AND name=?");
  listed.bind(1, definition.name);
  definition.without_rowid = listed.executeStep() && listed.getColumn(0).getInt() != 0;
  bool key_has_index = false;
  SQLite::Statement indexes(db, R"(SELECT origin FROM pragma_index_list(?) WHERE "unique")");
  indexes.bind(1, definition.name);
  while (indexes.executeStep()) {
    const bool of_key = indexes.getColumn(0).getString() == "pk";
    key_has_index = key_has_index || of_key;
    definition.other_unique = definition.other_unique || !of_key || !definition.without_rowid;
  }
  if (definition.without_rowid) return;
  const auto key = definition.primary_key();
  if (key.size() == 1 && !key_has_index) definition.rowid_column = key[0];
  for (const char* const name : {"rowid", "_rowid_", "oid"}) {
    const Column* shadow = definition.column(name);
    if (!shadow || shadow->name == definition.rowid_column) {
      definition.rowid = name;
      break;
    }
  }
}

void read_objects(SQLite::Database& db, Definition& definition) {
  SQLite::Statement query(db,
                          "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
                          "type IN ('index', 'trigger') AND tbl_name=? COLLATE NOCASE "
                          "ORDER BY rowid");
  query.bind(1, definition.name);
  while (query.executeStep()) {
    Named object{query.getColumn(1).getString(), query.getColumn(2).getString()};
    const bool is_index = query.getColumn(0).getString() == "index";
    if (!is_index && object.name.starts_with(names::table_prefix)) continue;
    (is_index ? definition.indexes : definition.triggers).push_back(std::move(object));
  }
}

void read_numbers(SQLite::Database& db, Definition& definition) {
  if (table_exists(db, "sqlite_sequence")) {
    SQLite::Statement query(db, "SELECT seq FROM sqlite_sequence WHERE name=?");
    query.bind(1, definition.name);
    if (query.executeStep()) definition.sequence = query.getColumn(0).getInt64();
  }
  if (!table_exists(db, "sqlite_stat1")) return;
  SQLite::Statement query(db, "SELECT ifnull(idx, ''), stat FROM sqlite_stat1 WHERE tbl=?");
  query.bind(1, definition.name);
  while (query.executeStep()) {
    definition.statistics.emplace_back(query.getColumn(0).getString(),
                                       query.getColumn(1).getString());
  }
}

std::vector<Named> by_name(std::vector<Named> objects) {
  std::sort(objects.begin(), objects.end(),
            [](const Named& a, const Named& b) { return a.name < b.name; });
  return objects;
}

std::vector<std::string> column_names(SQLite::Database& db, const std::string& table) {
  std::vector<std::string> columns;
  SQLite::Statement query(db,
                          "SELECT name || ' ' || type || ' ' || hidden || ' ' || pk FROM "
                          "pragma_table_xinfo(?)");
  query.bind(1, table);
  while (query.executeStep()) columns.push_back(query.getColumn(0).getString());
  return columns;
}

}  // namespace

std::vector<std::string> Definition::stored() const {
  std::vector<std::string> list;
  for (const Column& candidate : columns) {
    if (candidate.generated == 0) list.push_back(candidate.name);
  }
  return list;
}

std::vector<std::string> Definition::primary_key() const {
  std::vector<std::string> key;
  for (const Column& candidate : columns) {
    if (candidate.key <= 0) continue;
    key.resize(std::max(key.size(), static_cast<size_t>(candidate.key)));
    key[static_cast<size_t>(candidate.key) - 1] = candidate.name;
  }
  return key;
}

const Column* Definition::column(const std::string& wanted) const {
  for (const Column& candidate : columns) {
    if (same_name(candidate.name, wanted)) return &candidate;
  }
  return nullptr;
}

bool Definition::same_structure(const Definition& other) const {
  return name == other.name && sql == other.sql && by_name(indexes) == by_name(other.indexes) &&
         triggers == other.triggers;
}

std::optional<Definition> read_definition(SQLite::Database& db, const std::string& table) {
  SQLite::Statement query(
      db, "SELECT name, sql FROM sqlite_schema WHERE type='table' AND name=? COLLATE NOCASE");
  query.bind(1, table);
  if (!query.executeStep()) return std::nullopt;
  Definition definition;
  definition.name = query.getColumn(0).getString();
  definition.sql = query.getColumn(1).getString();
  read_columns(db, definition);
  read_rowid(db, definition);
  read_objects(db, definition);
  read_numbers(db, definition);
  return definition;
}

std::vector<Listed> list_tables(SQLite::Database& db) {
  std::vector<Listed> tables;
  SQLite::Statement query(
      db, "SELECT name, type FROM pragma_table_list WHERE schema='main' ORDER BY name");
  while (query.executeStep()) {
    tables.push_back({query.getColumn(0).getString(), query.getColumn(1).getString()});
  }
  return tables;
}

std::vector<std::string> names_of(const std::vector<Listed>& tables) {
  std::vector<std::string> names;
  names.reserve(tables.size());
  for (const Listed& listed : tables) names.push_back(listed.name);
  return names;
}

std::string default_literal(const Column& column) {
  if (!column.fallback) return "NULL";
  const Connection scratch = open_scratch();
  // The pragma gives `DEFAULT (1+2)` without its parentheses.
  for (const std::string& value : {*column.fallback, "(" + *column.fallback + ")"}) {
    if (scratch->tryExec("CREATE TABLE d(c " + column.type + " DEFAULT " + value + ")") != 0) {
      continue;
    }
    scratch->exec("INSERT INTO d DEFAULT VALUES");
    return scratch->execAndGet("SELECT quote(c) FROM d").getString();
  }
  throw Refused("cannot read the default of column '" + column.name + "'");
}

std::optional<std::string> why_not_movable(const Definition& definition) {
  if (!definition.without_rowid && definition.rowid.empty()) {
    return "table '" + definition.name + "' hides its rowid behind columns of that name";
  }
  try {
    const Connection scratch = open_scratch();
    const Face live = live_face(definition);
    const Face idle = idle_face(definition, "git_rollback_scratch", "git_rollback_scratch_");
    for (const Face* face : {&idle, &live}) {
      scratch->exec(face->sql);
      for (const auto& index : face->indexes) scratch->exec(index.sql);
    }
    if (column_names(*scratch, live.table) != column_names(*scratch, idle.table)) {
      return "the definition of table '" + definition.name + "' cannot be rewritten";
    }
  } catch (const std::runtime_error& error) {
    return "the definition of table '" + definition.name + "' cannot be rewritten: " + error.what();
  }
  return std::nullopt;
}

Face live_face(const Definition& definition) {
  return {definition.name, definition.sql, definition.indexes};
}

Face idle_face(const Definition& definition, const std::string& table, const std::string& prefix) {
  Face face{table, rename_table(without_foreign_keys(definition.sql), table), {}};
  for (const auto& index : definition.indexes) {
    const std::string name = prefix + std::to_string(face.indexes.size() + 1);
    face.indexes.push_back({name, rename_index(index.sql, name, table)});
  }
  return face;
}

}  // namespace rollback::sqlite
