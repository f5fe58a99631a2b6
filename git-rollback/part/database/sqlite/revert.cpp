#include "part/database/sqlite/revert.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "part/database/it_has.h"
#include "part/database/sqlite/connection.h"
#include "part/database/sqlite/log.h"
#include "part/database/sqlite/projection.h"
#include "part/database/sqlite/rows.h"
#include "part/database/sqlite/schema.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

// The first that is not among the others, or not as there; "" when there is none.
std::string first_that_differs(const std::vector<Named>& found, const std::vector<Named>& expected,
                               const std::string& kind) {
  const auto among = [](const std::vector<Named>& all, const Named& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const Named& one : expected) {
    if (!among(found, one)) return it_has("", kind + " '" + one.name + "' as it was");
  }
  for (const Named& one : found) {
    if (!among(expected, one)) return it_has(kind + " '" + one.name + "'", "");
  }
  return "";
}

// Of the columns, indexes and triggers, else of the text that made it.
std::string how(const Definition& found, const Definition& expected) {
  for (const Column& column : expected.columns) {
    if (found.column(column.name) == nullptr) return it_has("", "column '" + column.name + "'");
  }
  for (const Column& column : found.columns) {
    if (expected.column(column.name) == nullptr) return it_has("column '" + column.name + "'", "");
  }
  if (found.sql != expected.sql) return it_has(found.sql, expected.sql);
  const auto index = first_that_differs(found.indexes, expected.indexes, "index");
  if (!index.empty()) return index;
  return first_that_differs(found.triggers, expected.triggers, "trigger");
}

// "" when it is what it should be.
std::string what_differs(SQLite::Database& db, const std::optional<Definition>& expected,
                         const std::string& table) {
  const std::string name = "table '" + table + "' ";
  const auto found = read_definition(db, table);
  if (!found) return expected ? name + "is gone" : "";
  if (!expected) return name + "is there again";
  if (found->same_structure(*expected)) return "";
  const std::string difference = how(*found, *expected);
  return name + "has another definition" + (difference.empty() ? "" : ": " + difference);
}

// "" when all is as it should be.
std::string what_differs(SQLite::Database& db, const Plan& plan, bool swapped, bool prepared) {
  for (const Change& change : plan.changes) {
    if (!change.swaps()) continue;
    const auto difference =
        what_differs(db, swapped ? change.after : change.before, change.table());
    if (!difference.empty()) return difference;
    const std::string& waiting = swapped ? change.displaced : change.incoming;
    const bool expected = swapped ? change.before.has_value() : prepared && change.after;
    if (expected && !table_exists(db, waiting)) return "table '" + waiting + "' is gone";
  }
  return {};
}

std::string aside_table(const Plan& plan, const Change& change, SQLite::Database& db) {
  // Not below operation_prefix(): nothing that cleans up after it may match.
  std::string name =
      std::string(names::table_prefix) + "aside_" + plan.operation + "_" + change.table();
  for (int i = 2; table_exists(db, name); ++i) {
    name = std::string(names::table_prefix) + "aside_" + plan.operation + "_" + change.table() +
           "_" + std::to_string(i);
  }
  return name;
}

void set_aside(SQLite::Database& db, Registry& registry, const Plan& plan, const Change& change,
               const Definition& shape, const std::string& rows_where, const std::string& reason) {
  const std::string aside = aside_table(plan, change, db);
  std::string columns;
  for (const auto& column : shape.stored()) {
    columns += (columns.empty() ? "" : ", ") + identifier(column);
  }
  db.exec("CREATE TABLE " + identifier(aside) + "(" + columns + ")");
  const int rows = db.exec("INSERT INTO " + identifier(aside) + " " + rows_where);
  registry.put(plan.operation, {change.table(), aside, rows, reason});
}

// Rows that did not fit stand in the stash with the columns of an insert.
void set_unfit_aside(SQLite::Database& db, Registry& registry, const Plan& plan,
                     const Change& change) {
  const size_t first = has_hidden_rowid(*change.before) ? 2 : 1;
  std::string list;
  for (size_t i = 0; i < change.before->stored().size(); ++i) {
    list += (i == 0 ? "c" : ", c") + std::to_string(first + i);
  }
  set_aside(db, registry, plan, change, *change.before,
            std::string("SELECT ") + list + " FROM temp." + unfit_rows,
            "it does not fit the table that came back");
}

void take_back_rows(SQLite::Database& db, Registry& registry, const Plan& plan,
                    const Change& change, bool vacuumed) {
  if (!change.after || !is_logged(db, change.after_log())) return;
  const bool blind = vacuumed && has_hidden_rowid(*change.after);
  if (change.choice == Choice::keep_all) {
    Carry carry{{*change.after, *change.before, change.after->name, {change.displaced, false}},
                change.displaced,
                blind,
                true};
    carry.projection.key_in = change.after_log();
    if (carry_over(db, carry) > 0) set_unfit_aside(db, registry, plan, change);
    return;
  }
  const std::string condition =
      blind ? "" : " WHERE " + key_is_logged(*change.after, "f", change.after_log());
  const std::string from = " FROM " + identifier(change.after->name) + " AS f" + condition;
  if (number(db, "SELECT count(*)" + from) == 0) return;
  std::string list;
  for (const auto& column : change.after->stored()) {
    list += (list.empty() ? "f." : ", f.") + identifier(column);
  }
  set_aside(db, registry, plan, change, *change.after, "SELECT " + list + from,
            "it was written to the point's rows, which did not stay");
}

}  // namespace

Step::Seen observe_swap(SQLite::Database& db, const std::string& component, const Plan& plan) {
  const auto operation = Registry(db, component).operation(plan.operation);
  const bool swapped =
      operation && (operation->state == State::swapped || operation->state == State::settled);
  const std::string difference = what_differs(db, plan, swapped, operation.has_value());
  if (!difference.empty()) {
    return {Observation::foreign, difference, "take back what was changed there"};
  }
  return {swapped ? Observation::after : Observation::before};
}

void revert_swap(SQLite::Database& db, Registry& registry, const Plan& plan) {
  const bool vacuumed = registry.vacuumed();
  for (const Change& change : plan.changes) {
    if (change.swaps()) take_back_rows(db, registry, plan, change, vacuumed);
  }
  SchemaEdit edit(db);
  for (const Change& change : plan.changes) {
    if (!change.swaps()) continue;
    if (change.after) {
      edit.drop_triggers(change.after->name);
      edit.rename(live_face(*change.after), change.incoming_face());
    }
    if (!change.before) continue;
    edit.rename(change.displaced_face(), live_face(*change.before));
    edit.add_triggers(change.before->name, change.before->triggers);
  }
  edit.finish();
  for (const Change& change : plan.changes) {
    // So that a swap can follow again.
    if (change.swaps() && change.before) start_log(db, *change.before, change.before_log());
  }
  registry.set_state(plan.operation, State::prepared);
}

void refill_if_touched(SQLite::Database& db, const Change& change) {
  if (!change.after || !is_logged(db, change.after_log())) return;
  db.exec("DELETE FROM " + identifier(change.incoming));
  copy_rows(db, db,
            {select_for_table(*change.after, change.source),
             insert_into_table(*change.after, change.incoming), 0});
  db.exec("DELETE FROM " + identifier(change.after_log()));
}

}  // namespace rollback::sqlite
