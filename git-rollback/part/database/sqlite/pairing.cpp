#include "part/database/sqlite/pairing.h"

#include <algorithm>
#include <cctype>

#include "os/error.h"
#include "part/database/sqlite/connection.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(const std::vector<std::string>& terms, const char* between) {
  std::string text;
  for (const auto& term : terms) text += (text.empty() ? "" : between) + term;
  return text;
}

// Columns beside what we add ourselves to rows that are set aside.
std::vector<std::string> columns_of_rows(const Definition& from) {
  std::vector<std::string> columns;
  for (const Column& column : from.columns) {
    if (!column.name.starts_with(names::table_prefix)) columns.push_back(column.name);
  }
  return columns;
}

void find_columns(Pairing& pairing) {
  const auto columns = columns_of_rows(pairing.from);
  if (!pairing.live) {
    for (const auto& name : pairing.from.stored()) {
      if (holds(columns, name)) pairing.common.push_back(name);
    }
    return;
  }
  for (const auto& name : pairing.live->stored()) {
    const Column* const source = pairing.from.column(name);
    const bool both = source != nullptr && holds(columns, source->name);
    (both ? pairing.common : pairing.defaults).push_back(name);
  }
  for (const auto& name : columns) {
    if (pairing.live->column(name) == nullptr) pairing.left_out.push_back(name);
  }
}

void find_key(Pairing& pairing) {
  if (!pairing.live) return;
  pairing.key = pairing.live->primary_key();
  for (const auto& column : pairing.key) {
    if (holds(pairing.common, column)) continue;
    pairing.unknown = "column '" + column + "' of the live table's key is not among theirs";
    return;
  }
  if (pairing.common.empty()) pairing.unknown = "they have no column of the live table's";
}

// A key that is no rowid may hold NULL, which equals nothing.
bool may_be_null(const Pairing& pairing) {
  const Definition& live = *pairing.live;
  if (live.without_rowid || !live.rowid_column.empty()) return false;
  return std::any_of(pairing.key.begin(), pairing.key.end(),
                     [&](const std::string& name) { return !live.column(name)->not_null; });
}

std::string live_row(const Pairing& pairing) {
  return " (SELECT 1 FROM " + identifier(pairing.live->name) + " AS l WHERE ";
}

std::string same_key(const Pairing& pairing) {
  std::vector<std::string> same;
  for (const auto& name : pairing.key) {
    same.push_back("l." + identifier(name) + " = d." + identifier(name));
  }
  return joined(same, " AND ");
}

std::string not_live_by_key(const Pairing& pairing) {
  const std::string live = live_row(pairing);
  std::vector<std::string> null, equal;
  for (const auto& name : pairing.key) null.push_back("d." + identifier(name) + " IS NULL");
  for (const auto& name : pairing.common) {
    equal.push_back("l." + identifier(name) + " IS d." + identifier(name));
  }
  std::string condition = "NOT EXISTS" + live + same_key(pairing) + ")";
  if (may_be_null(pairing)) {
    condition += " AND NOT EXISTS" + live + "(" + joined(null, " OR ") + ") AND " +
                 joined(equal, " AND ") + ")";
  }
  return condition;
}

std::string live_with_other_values(const Pairing& pairing) {
  if (pairing.key.empty()) return "0";  // a row is the same, or it is another
  std::vector<std::string> same;
  for (const auto& name : pairing.common) {
    // An expression: a column's own type would have a say in what equals what.
    same.push_back(same_value(pairing, name, "+d." + identifier(name)));
  }
  return "EXISTS" + live_row(pairing) + same_key(pairing) + " AND NOT (" + joined(same, " AND ") +
         "))";
}

// By SQLite's rules for a declared type: whether a value stays the number or the
// text that it is.
bool keeps_types(const Column& column) {
  std::string type = column.type;
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto has = [&](const char* word) { return type.find(word) != std::string::npos; };
  if (has("INT") || has("CHAR") || has("CLOB") || has("TEXT")) return false;
  return type.empty() || has("BLOB") || type == "ANY";
}

std::string exact_row(const Pairing& pairing) {
  std::vector<std::string> values;
  for (const auto& name : pairing.common) values.push_back(exact(identifier(name)));
  return joined(values, "||','||");
}

// Equal rows are counted on both sides: as many of them as are live are not missing.
std::string select_missing_by_row(const Pairing& pairing, const std::string& list) {
  const std::string row = exact_row(pairing) + " AS git_rollback_row";
  std::vector<std::string> columns;
  for (const Column& column : pairing.from.columns) columns.push_back(identifier(column.name));
  return "SELECT " + list + " FROM (SELECT *, row_number() OVER (PARTITION BY git_rollback_row)" +
         " AS git_rollback_nth FROM (SELECT " + joined(columns, ", ") + ", " + row + " FROM " +
         identifier(pairing.from.name) + ")) AS d LEFT JOIN (SELECT git_rollback_row, count(*)" +
         " AS git_rollback_many FROM (SELECT " + row + " FROM " + identifier(pairing.live->name) +
         ") GROUP BY git_rollback_row) AS l ON l.git_rollback_row = d.git_rollback_row" +
         " WHERE d.git_rollback_nth > coalesce(l.git_rollback_many, 0)";
}

}  // namespace

Pairing pair_with_live(SQLite::Database& db, const std::string& name, const std::string& table) {
  auto from = read_definition(db, name);
  if (!from) throw Refused("there is no table '" + name + "' any more");
  Pairing pairing{.from = *std::move(from),
                  .live = read_definition(db, table),
                  .common = {},
                  .key = {},
                  .left_out = {},
                  .defaults = {},
                  .unknown = {}};
  find_columns(pairing);
  find_key(pairing);
  return pairing;
}

// quote() ends a text at its first NUL and spells infinity as a name; the sqlite3
// program takes a CR before a line's end away. CAST reads bytes as the database's
// own encoding.
std::string exact(const std::string& column) {
  return "CASE typeof(" + column + ") WHEN 'text' THEN CASE WHEN " + column +
         " GLOB '*['||char(1)||'-'||char(31)||']*' OR instr(CAST(" + column +
         " AS BLOB), x'00') THEN 'CAST(x'''||hex(CAST(" + column +
         " AS BLOB))||''' AS TEXT)' ELSE quote(" + column + ") END WHEN 'real' THEN CASE " +
         column + " WHEN 9e999 THEN '9e999' WHEN -9e999 THEN '-9e999' ELSE quote(" + column +
         ") END ELSE quote(" + column + ") END";
}

std::string same_value(const Pairing& pairing, const std::string& column, const std::string& from) {
  const std::string live = "l." + identifier(column);
  std::string same = live + " COLLATE BINARY IS " + from;
  if (keeps_types(*pairing.live->column(column))) {
    same += " AND typeof(" + live + ") = typeof(" + from + ")";
  }
  return "(" + same + ")";
}

std::string select_rows(const Pairing& pairing, const std::string& list, SalvageRows rows) {
  const std::string all = "SELECT " + list + " FROM " + identifier(pairing.from.name) + " AS d";
  switch (rows) {
    case SalvageRows::all:
      return all;
    case SalvageRows::changed:
      return all + " WHERE " + (pairing.live ? live_with_other_values(pairing) : "0");
    case SalvageRows::missing:
      break;
  }
  if (!pairing.live) return all;
  if (pairing.key.empty()) return select_missing_by_row(pairing, list);
  return all + " WHERE " + not_live_by_key(pairing);
}

std::string count_rows(const Pairing& pairing, SalvageRows rows) {
  return "SELECT count(*) FROM (" + select_rows(pairing, "1", rows) + ")";
}

}  // namespace rollback::sqlite
