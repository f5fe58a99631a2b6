#include "part/database/sqlite/salvage.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "os/counted.h"
#include "os/error.h"
#include "os/progress.h"
#include "part/database/csv.h"
#include "part/database/sqlite/pairing.h"
#include "part/database/sqlite/registry.h"
#include "part/database/sqlite/rows.h"

namespace rollback::sqlite {
namespace {

std::string list_of(const std::vector<std::string>& columns, const std::string& alias) {
  std::string list;
  for (const auto& column : columns)
    list += (list.empty() ? "" : ", ") + alias + identifier(column);
  return list;
}

// Statements that the sqlite3 program runs; each stands on one line.
void write_sql(SQLite::Database& db, const Pairing& pairing, const std::string& table,
               const ExportOrder& order) {
  std::string values;
  for (const auto& column : pairing.common) {
    values += (values.empty() ? "" : "||','||") + exact("d." + identifier(column));
  }
  const std::string insert =
      "INSERT INTO " + identifier(table) + "(" + list_of(pairing.common, "") + ") VALUES(";
  SQLite::Statement rows(db, select_rows(pairing, values, order.rows));
  order.write("BEGIN;\n");
  while (rows.executeStep()) {
    order.write(insert + rows.getColumn(0).getString() + ");\n");
    passed(Unit::rows);
  }
  order.write("COMMIT;\n");
}

void write_csv(SQLite::Database& db, const Pairing& pairing, const ExportOrder& order) {
  std::string list;
  std::vector<std::optional<std::string>> fields;
  for (const Column& column : pairing.from.columns) {
    const std::string name = "d." + identifier(column.name);
    // quote() has all digits of a number.
    list += (list.empty() ? "" : ", ") + std::string("CASE typeof(") + name +
            ") WHEN 'blob' THEN hex(" + name + ") WHEN 'real' THEN " + exact(name) + " ELSE " +
            name + " END";
    fields.emplace_back(column.name);
  }
  order.write(csv_line(fields));
  SQLite::Statement rows(db, select_rows(pairing, list, order.rows));
  while (rows.executeStep()) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto value = rows.getColumn(static_cast<int>(i));
      fields[i] = value.isNull() ? std::nullopt : std::optional(value.getString());
    }
    order.write(csv_line(fields));
    passed(Unit::rows);
  }
}

// As rows are compared when losses are counted: 1, 1.0 and '1' are three values.
std::string is_default(const Column& column) {
  const std::string value = "+d." + identifier(column.name);
  const std::string fallback = default_literal(column);
  return "(" + value + " COLLATE BINARY IS " + fallback + " AND typeof(" + value + ") = typeof(" +
         fallback + "))";
}

void count_columns_not_live(SQLite::Database& db, const Pairing& pairing, SalvageTable& table) {
  std::string list, all;
  for (const auto& name : pairing.left_out) {
    const Column& column = *pairing.from.column(name);
    if (column.generated != 0) continue;
    const std::string same = is_default(column);
    list += "total(NOT " + same + "), ";
    all += (all.empty() ? "" : " AND ") + same;
    table.columns_not_live.push_back({name});
  }
  if (all.empty()) return;
  SQLite::Statement counts(db, "SELECT " + list + "total(NOT (" + all + ")) FROM " +
                                   identifier(pairing.from.name) + " AS d");
  counts.executeStep();
  auto& columns = table.columns_not_live;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].rows = counts.getColumn(static_cast<int>(i)).getInt64();
  }
  table.values_not_live = counts.getColumn(static_cast<int>(columns.size())).getInt64();
}

}  // namespace

std::vector<SalvageTable> salvageable(const Location& location, const std::string& component) {
  const Connection db = open(location, Access::read);
  const Transaction snapshot(*db, Transaction::Kind::snapshot);
  const Registry registry(*db, component);
  std::vector<SalvageTable> tables;
  for (const Entry& entry : registry.all()) {
    if (entry.kind != BackupKind::displaced || !table_exists(*db, entry.backup)) continue;
    const auto operation = registry.that_left(entry.point);
    if (!operation) continue;
    tables.push_back({.component = component,
                      .database = location.schema,
                      .operation = operation->id,
                      .table = entry.table,
                      .name = entry.backup,
                      .reason = {},
                      .rows = entry.rows});
  }
  for (const Aside& aside : registry.all_aside()) {
    if (!table_exists(*db, aside.aside)) continue;
    tables.push_back({.component = component,
                      .database = location.schema,
                      .operation = aside.operation,
                      .table = aside.table,
                      .name = aside.aside,
                      .reason = aside.reason,
                      .rows = aside.rows});
  }
  return tables;
}

void count_missing(const Location& location, SalvageTable& table) {
  const Connection db = open(location, Access::read);
  const Transaction snapshot(*db, Transaction::Kind::snapshot);
  const Pairing pairing = pair_with_live(*db, table.name, table.table);
  count_columns_not_live(*db, pairing, table);
  table.unknown = pairing.unknown;
  if (!table.unknown.empty()) return;
  table.missing = number(*db, count_rows(pairing, SalvageRows::missing));
  table.changed = number(*db, count_rows(pairing, SalvageRows::changed));
}

std::vector<std::string> export_rows(const Location& location, const SalvageTable& table,
                                     const ExportOrder& order) {
  const Connection db = open(location, Access::read);
  const Transaction snapshot(*db, Transaction::Kind::snapshot);
  const Pairing pairing = pair_with_live(*db, table.name, table.table);
  if (order.rows != SalvageRows::all && !pairing.unknown.empty()) {
    throw Refused("which rows of '" + table.name + "' are live is not known: " + pairing.unknown,
                  {"without --missing and --changed all of them are written"});
  }
  const Work work("writing rows", Unit::rows, rows_for_progress(*db, table.name));
  if (order.format == ExportFormat::csv) {
    write_csv(*db, pairing, order);
    return {};
  }
  write_sql(*db, pairing, table.table, order);
  std::vector<std::string> notices;
  for (const auto& column : pairing.left_out) {
    notices.push_back("column '" + column + "' is left out: the live table '" + table.table +
                      "' has no such column; CSV has it");
  }
  return notices;
}

}  // namespace rollback::sqlite
