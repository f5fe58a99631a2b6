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
                      "' has no such column");
  }
  return notices;
}

}  // namespace rollback::sqlite
