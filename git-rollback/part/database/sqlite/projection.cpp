#include "part/database/sqlite/projection.h"

#include <algorithm>

#include "part/database/sqlite/connection.h"
#include "part/database/table_pattern.h"

namespace rollback::sqlite {
namespace {

std::string joined(const std::vector<std::string>& pieces, const std::string& between = ", ") {
  std::string text;
  for (const auto& piece : pieces) text += (text.empty() ? "" : between) + piece;
  return text;
}

std::string dotted(const std::string& alias, const std::string& name) {
  return alias.empty() ? name : alias + "." + name;
}

std::vector<std::string> identifiers(const std::vector<std::string>& columns,
                                     const std::string& alias) {
  std::vector<std::string> list;
  for (const auto& column : columns) list.push_back(dotted(alias, identifier(column)));
  return list;
}

std::vector<std::string> key_of(const Definition& definition, const std::string& alias, bool copy) {
  if (definition.without_rowid) return identifiers(definition.primary_key(), alias);
  return {dotted(alias, copy ? copied_rowid : definition.rowid)};
}

// A copy is ordered as its rows were read.
std::string storage_order(const Definition& definition, const std::string& alias, bool copy) {
  if (copy) return dotted(alias, copied_rowid);
  return joined(key_of(definition, alias, false));
}

std::string select_list(const std::vector<std::string>& list, const Definition& definition,
                        const Source& source) {
  return "SELECT " + joined(list) + " FROM " + identifier(source.table) + " AS t ORDER BY " +
         storage_order(definition, "t", source.copy);
}

std::string insert(const std::string& table, const std::vector<std::string>& columns) {
  const std::vector<std::string> marks(columns.size(), "?");
  // Else a column's own ON CONFLICT clause could drop a row without a word.
  return "INSERT OR ABORT INTO " + identifier(table) + "(" + joined(columns) + ") VALUES (" +
         joined(marks) + ")";
}

std::string join_on(const Projection& projection) {
  const Definition& to = projection.to;
  if (projection.fill.copy && !to.rowid_column.empty()) {
    return "f." + identifier(to.rowid_column) + " = x." + copied_rowid;
  }
  std::vector<std::string> terms;
  for (const auto& column : to.primary_key()) {
    terms.push_back("f." + identifier(column) + " = x." + identifier(column));
  }
  return joined(terms, " AND ");
}

// A column of the filling row that is NULL only where there is no such row.
std::string presence(const Projection& projection) {
  return key_of(projection.to, "x", projection.fill.copy).front();
}

bool is_filled(const Projection& projection) {
  return !projection.fill.table.empty() && !columns_only_in(projection.to, projection.from).empty();
}

std::vector<std::string> projected_columns(const Projection& projection) {
  std::vector<std::string> list;
  const auto wanted = projection.columns.empty() ? projection.to.stored() : projection.columns;
  for (const std::string& name : wanted) {
    const Column& column = *projection.to.column(name);
    const Column* const source = projection.from.column(column.name);
    if (source && source->generated == 0) {
      list.push_back("f." + identifier(source->name));
    } else if (is_filled(projection)) {
      list.push_back("CASE WHEN " + presence(projection) + " IS NULL THEN " +
                     default_literal(column) + " ELSE x." + identifier(column.name) + " END");
    } else {
      list.push_back(default_literal(column));
    }
  }
  return list;
}

std::string project(const std::vector<std::string>& list, const Projection& projection) {
  std::string sql = "SELECT " + joined(list) + " FROM " + identifier(projection.table) + " AS f";
  if (is_filled(projection)) {
    sql += " LEFT JOIN " + identifier(projection.fill.table) + " AS x ON " + join_on(projection);
  }
  if (!projection.key_in.empty()) {
    sql += " WHERE " + key_is_logged(projection.from, "f", projection.key_in);
  }
  return sql + " ORDER BY " + storage_order(projection.from, "f", false);
}

std::string why_columns_differ(const Column& from, const Column& to) {
  const std::string name = "column '" + to.name + "' has another ";
  if (!same_name(from.type, to.type)) return name + "type";
  if (from.not_null != to.not_null) return name + "NOT NULL";
  if (!same_name(from.collation, to.collation)) return name + "collation";
  if ((from.generated == 0) != (to.generated == 0)) return name + "way to get its value";
  return {};
}

}  // namespace

bool has_hidden_rowid(const Definition& definition) {
  return !definition.without_rowid && definition.rowid_column.empty();
}

std::vector<std::string> storage_key(const Definition& definition) {
  return definition.without_rowid ? definition.primary_key()
                                  : std::vector<std::string>{definition.rowid};
}

std::string create_copy(const Definition& definition, const std::string& table) {
  return "CREATE TABLE " + identifier(table) + "(" + copied_rowid + " INTEGER PRIMARY KEY, " +
         joined(identifiers(definition.stored(), "")) + ")";
}

std::string insert_into_copy(const Definition& definition, const std::string& table) {
  auto columns = identifiers(definition.stored(), "");
  columns.insert(columns.begin(), copied_rowid);
  return insert(table, columns);
}

std::string insert_into_table(const Definition& definition, const std::string& table) {
  auto columns = identifiers(definition.stored(), "");
  if (has_hidden_rowid(definition)) columns.insert(columns.begin(), definition.rowid);
  return insert(table, columns);
}

std::string select_rows(const Definition& definition, const Source& source) {
  return select_columns(definition, source, definition.stored());
}

std::string select_columns(const Definition& definition, const Source& source,
                           const std::vector<std::string>& columns) {
  auto list = identifiers(columns, "t");
  if (list.empty()) list.push_back("1");
  return select_list(list, definition, source);
}

std::string select_for_copy(const Definition& definition, const std::string& table) {
  auto list = identifiers(definition.stored(), "t");
  list.insert(list.begin(), definition.without_rowid ? "NULL" : "t." + definition.rowid);
  return select_list(list, definition, {table, false});
}

std::string select_for_table(const Definition& definition, const Source& source) {
  auto list = identifiers(definition.stored(), "t");
  if (has_hidden_rowid(definition)) {
    list.insert(list.begin(), key_of(definition, "t", source.copy).front());
  }
  return select_list(list, definition, source);
}

std::string select_projected(const Projection& projection) {
  return project(projected_columns(projection), projection);
}

std::string select_projected_for_table(const Projection& projection) {
  auto list = projected_columns(projection);
  if (has_hidden_rowid(projection.to)) list.insert(list.begin(), "f." + projection.from.rowid);
  return project(list, projection);
}

std::string count_unfilled(const Projection& projection) {
  const std::string all = "SELECT count(*) FROM " + identifier(projection.table) + " AS f";
  if (projection.fill.table.empty()) return all;
  return all + " LEFT JOIN " + identifier(projection.fill.table) + " AS x ON " +
         join_on(projection) + " WHERE " + presence(projection) + " IS NULL";
}

std::string key_is_logged(const Definition& definition, const std::string& alias,
                          const std::string& log, bool copy) {
  const auto key = key_of(definition, alias, copy);
  std::vector<std::string> logged;
  for (size_t i = 1; i <= key.size(); ++i) logged.push_back("k" + std::to_string(i));
  return "(" + joined(key) + ") IN (SELECT " + joined(logged) + " FROM " + identifier(log) + ")";
}

std::optional<std::string> why_no_projection(const Definition& from, const Definition& to) {
  const auto key = to.primary_key();
  if (key.empty() || from.primary_key().empty()) return "it has no primary key";
  const auto other = from.primary_key();
  if (!std::equal(key.begin(), key.end(), other.begin(), other.end(), same_name) ||
      from.without_rowid != to.without_rowid ||
      from.rowid_column.empty() != to.rowid_column.empty()) {
    return "its primary key differs";
  }
  for (const Column& column : to.columns) {
    const Column* const today = from.column(column.name);
    if (!today) continue;
    const std::string difference = why_columns_differ(*today, column);
    if (!difference.empty()) return difference;
  }
  return std::nullopt;
}

std::vector<std::string> columns_only_in(const Definition& definition, const Definition& other) {
  std::vector<std::string> only;
  for (const auto& name : definition.stored()) {
    if (!other.column(name)) only.push_back(name);
  }
  return only;
}

}  // namespace rollback::sqlite
