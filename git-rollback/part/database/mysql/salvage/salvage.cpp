#include "part/database/mysql/salvage/salvage.h"

#include "os/error.h"
#include "os/progress.h"
#include "part/database/csv.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/catalogue/unregistered.h"
#include "part/database/mysql/rows/rows.h"
#include "part/database/mysql/rows/values.h"
#include "part/database/mysql/salvage/pairing.h"

namespace rollback::mysql {
namespace {

// As the sessions of this program are, so that every value is taken as it is.
constexpr const char* before_inserts =
    "SET NAMES utf8mb4;\n"
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,"
    "NO_ENGINE_SUBSTITUTION', SESSION time_zone = '+00:00';\n"
    "START TRANSACTION;\n";

// One column as row_text() is to write it so that the live column takes it.
struct Written {
  Column column;
  std::string expression;
};

Written written(const Pairing& pairing, const std::string& name) {
  const Column& target = pairing.target(name);
  Written one{pairing.source(name), {}};
  one.expression = "d." + identifier(one.column.name);
  const bool as_it_is =
      one.column.full_type == target.full_type && one.column.charset == target.charset;
  one.column.name = target.name;
  one.column.generated = false;
  if (as_it_is || kind_of(one.column) != Kind::text) return one;
  if (kind_of(target) == Kind::text) {
    one.expression = "CONVERT(" + one.expression + " USING " + target.charset + ")";
  } else if (kind_of(target) != Kind::bytes) {
    one.expression = "CONVERT(" + one.expression + " USING utf8mb4)";
    one.column.type = "date";  // quoted: hex digits would be a number there
    return one;
  }
  one.column.type = "longtext";  // by its bytes, also where it was an ENUM
  return one;
}

void write_sql(Session& session, const Pairing& pairing, const std::string& table,
               const ExportOrder& order) {
  Definition shape;
  std::string list;
  for (const auto& name : pairing.common) {
    const Written one = written(pairing, name);
    shape.columns.push_back(one.column);
    list += (list.empty() ? "" : ", ") + one.expression + " AS " + identifier(one.column.name);
  }
  const std::string insert = insert_into(shape, table);
  order.write(before_inserts);
  session.stream("SELECT " + row_text(shape, "r") + " FROM (" +
                     select_rows(pairing, list, order.rows) + ") AS r",
                 [&](const Row& row) {
                   if (!row[0]) refuse_long_row(pairing.from.name);
                   order.write(insert + *row[0] + ";\n");
                   passed(Unit::rows);
                 });
  order.write("COMMIT;\n");
}

void write_csv(Session& session, const Pairing& pairing, const ExportOrder& order) {
  std::string list;
  std::vector<std::optional<std::string>> names;
  for (const Column& column : pairing.from.columns) {
    list += (list.empty() ? "" : ", ") + shown(column, "d." + identifier(column.name));
    names.emplace_back(column.name);
  }
  order.write(csv_line(names));
  session.stream(select_rows(pairing, list, order.rows), [&](const Row& row) {
    order.write(csv_line(row));
    passed(Unit::rows);
  });
}

void count_columns_not_live(Session& session, const Pairing& pairing, SalvageTable& table) {
  std::string list, all;
  for (const auto& name : pairing.left_out) {
    const Column& column = pairing.source(name);
    if (column.generated) continue;
    const std::string same = is_default(column, "d." + identifier(name));
    list += "sum(NOT " + same + "), ";
    all += (all.empty() ? "" : " AND ") + same;
    table.columns_not_live.push_back({name});
  }
  if (all.empty()) return;
  const std::string query = "SELECT " + list + "sum(NOT (" + all + "))";
  const auto counts = session.rows(query + " FROM " + identifier(pairing.from.name) + " AS d");
  const auto number = [&](size_t i) {
    const Value& sum = counts.at(0).at(i);
    return sum ? std::stoll(*sum) : 0;
  };
  auto& columns = table.columns_not_live;
  for (size_t i = 0; i < columns.size(); ++i) columns[i].rows = number(i);
  table.values_not_live = number(columns.size());
}

}  // namespace

std::vector<SalvageTable> salvageable(const Place& place) {
  Session session = open(place);
  const Registry registry(session, place.component);
  std::vector<SalvageTable> tables;
  for (const Entry& entry : registry.all()) {
    if (entry.kind != BackupKind::displaced || !table_exists(session, entry.backup)) continue;
    const auto operation = registry.that_left(entry.point);
    if (!operation) continue;
    tables.push_back({.component = place.component,
                      .database = place.schema,
                      .operation = operation->id,
                      .table = entry.table,
                      .name = entry.backup,
                      .reason = {},
                      .rows = entry.rows});
  }
  for (const Aside& aside : registry.all_aside()) {
    if (!table_exists(session, aside.aside)) continue;
    tables.push_back({.component = place.component,
                      .database = place.schema,
                      .operation = aside.operation,
                      .table = aside.table,
                      .name = aside.aside,
                      .reason = aside.reason,
                      .rows = aside.rows});
  }
  for (const Unregistered& one : unregistered(session, place, list_tables(session))) {
    tables.push_back({.component = place.component,
                      .database = place.schema,
                      .operation = one.operation,
                      .table = one.table,
                      .name = one.name,
                      .reason = "no operation that is known here displaced it",
                      .rows = session.number("SELECT count(*) FROM " + identifier(one.name))});
  }
  return tables;
}

void count_missing(const Place& place, SalvageTable& table) {
  Session session = open(place);
  const Transaction snapshot(session, Transaction::Kind::snapshot);
  const Pairing pairing = pair_with_live(session, table.name, table.table);
  count_columns_not_live(session, pairing, table);
  table.unknown = pairing.unknown;
  if (!table.unknown.empty()) return;
  table.missing = session.number(count_rows(pairing, SalvageRows::missing));
  table.changed = session.number(count_rows(pairing, SalvageRows::changed));
}

std::vector<std::string> export_rows(const Place& place, const SalvageTable& table,
                                     const ExportOrder& order) {
  Session session = open(place);
  const Transaction snapshot(session, Transaction::Kind::snapshot);
  const Pairing pairing = pair_with_live(session, table.name, table.table);
  if (order.rows != SalvageRows::all && !pairing.unknown.empty()) {
    throw Refused("which rows of '" + table.name + "' are live is not known: " + pairing.unknown,
                  {"without --missing and --changed all of them are written"});
  }
  const Work work("writing rows", Unit::rows, rows_for_progress(pairing.from));
  if (order.format == ExportFormat::csv) {
    write_csv(session, pairing, order);
    return {};
  }
  write_sql(session, pairing, table.table, order);
  std::vector<std::string> notices;
  for (const auto& column : pairing.left_out) {
    notices.push_back("column '" + column + "' is left out: the live table '" + table.table +
                      "' has no such column; CSV has it");
  }
  return notices;
}

}  // namespace rollback::mysql
