#include "part/database/mysql/swap/incoming.h"

#include <algorithm>

#include "os/counted.h"
#include "os/error.h"
#include "os/progress.h"
#include "part/database/mysql/catalogue/check_names.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/former.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/rows/rows.h"
#include "part/database/mysql/swap/returned.h"

namespace rollback::mysql {
namespace {

constexpr int catch_up_rounds = 10;
constexpr std::int64_t few_keys = 500;  // carried over under the lock in a few milliseconds

bool fills_columns(const Change& change) {
  return !change.source.empty() && !columns_only_in(*change.after, *change.before).empty();
}

// Restored rows come in the shape that they have.
Projection projection_for(const Change& change) {
  if (change.choice == Choice::restore) return {*change.after, *change.after, change.source, ""};
  return {*change.before, *change.after, change.before->name,
          fills_columns(change) ? change.source : ""};
}

void require_recorded(const Change& change, const Backup& recorded, const Hashed& found,
                      const std::string& where) {
  if (found.rows == recorded.rows && found.sha256 == recorded.sha256) return;
  throw Refused("the backup of table '" + change.table() + "', '" + where +
                "', is not what the point recorded: it has " + counted(found.rows, "row") +
                ", and " + std::to_string(recorded.rows) + " are expected with another hash");
}

void put_points_rows_in(Session& session, const Change& change, const std::string& aside) {
  if (keeps_history(*change.after)) {
    copy_with_history(session, *change.after, change.source, change.incoming);
  } else {
    fill(session, {projection_for(change), change.incoming, "", aside});
  }
}

std::int64_t restore(Session& session, const Change& change, const Backup& recorded) {
  put_points_rows_in(session, change, change.aside);
  // Of the copy: a row could have been bent or left out on the way.
  require_recorded(change, recorded, hash_rows(session, *change.after, change.incoming),
                   change.source);
  return 0;
}

// Rows whose values another type took and made something else of: 9.49 became 9. Not
// those that were written since they were copied: they are still to be carried over.
std::int64_t count_bent(Session& session, const Change& change) {
  const auto key = common_key(*change.before, *change.after);
  std::string bent;
  for (const auto& name : columns_in_common(*change.after, *change.before)) {
    const Column& then = *change.after->column(name);
    const Column& now = *change.before->column(name);
    if (then.full_type == now.full_type && then.charset == now.charset) continue;
    bent += (bent.empty() ? "NOT (f." : " OR NOT (f.") + identifier(name) + " <=> i." +
            identifier(name) + ")";
  }
  if (key.empty() || bent.empty()) return 0;
  std::string query = "SELECT count(*) FROM " + identifier(change.before->name) + " AS f JOIN " +
                      identifier(change.incoming) + " AS i ON " + same_key(key, "f", "i") +
                      " WHERE (" + bent + ") AND NOT EXISTS (SELECT 1 FROM " +
                      identifier(change.before_log()) + " AS l WHERE ";
  query += same_logged_key(change.before->key(), "f", "l") + ")";
  if (change.choice == Choice::keep_new) {
    query += " AND NOT EXISTS (SELECT 1 FROM " + identifier(change.source) + " AS k WHERE " +
             same_key(key, "k", "f") + ")";
  }
  return session.number(query);
}

std::int64_t keep(Session& session, const Change& change, const Backup& recorded) {
  const bool uses_backup = change.choice == Choice::keep_new || fills_columns(change);
  if (uses_backup) {
    require_recorded(change, recorded, hash_rows(session, *change.after, change.source),
                     change.source);
  }
  const std::string keep_from = change.choice == Choice::keep_new ? change.source : "";
  const Carried filled =
      fill(session, {projection_for(change), change.incoming, keep_from, change.aside});
  return filled.set_aside + count_bent(session, change) + bring_back(session, change);
}

void check_incoming(Session& session, const Change& change) {
  const auto found = read_definition(session, change.incoming);
  CreateTable expected = change.after->create;
  std::erase_if(expected.elements,
                [](const Element& e) { return e.kind == Element::Kind::foreign_key; });
  if (!found || found->create.options != expected.options) {
    throw Refused("'" + change.incoming + "' did not get the structure of table '" +
                  change.table() + "' at the point");
  }
  for (const Row& row : session.rows("CHECK TABLE " + identifier(change.incoming))) {
    const std::string& kind = row.at(2).value_or("");
    if (kind != "error" && kind != "Error") continue;
    throw Fatal("'" + change.incoming + "' is damaged: " + row.at(3).value_or("unknown error"));
  }
}

}  // namespace

bool builds(Choice choice) {
  return choice == Choice::restore || choice == Choice::keep_all || choice == Choice::keep_new;
}

bool takes_live_rows(const Change& change) {
  return change.choice == Choice::keep_all || change.choice == Choice::keep_new;
}

Carry carry_of(const Change& change) {
  Carry carry;
  carry.projection = projection_for(change);
  carry.log = change.before_log();
  carry.target = change.incoming;
  if (change.choice == Choice::keep_new) carry.keep_from = change.source;
  carry.aside = change.aside;
  carry.tries_again = true;
  return carry;
}

void log_live(Session& session, const Change& change) {
  std::vector<std::string> others;
  if (session.flavour().mariadb && change.swaps() && !change.incoming.empty()) {
    make_log(session, *change.after, change.after_log());
    others.push_back(change.after_log());
    if (change.from_backup) {
      make_former(session, *change.after, change.former());
      others.push_back(change.former());
    }
  }
  start_log(session, *change.before, change.before->name, change.before_log(), others);
}

void create_incoming(Session& session, const Change& change) {
  session.run(to_sql(with_names_beside(session, change.after->create, change.incoming),
                     change.incoming, {Element::Kind::foreign_key}));
}

std::int64_t fill_incoming(Session& session, const Change& change, const Backup& recorded) {
  return takes_live_rows(change) ? keep(session, change, recorded)
                                 : restore(session, change, recorded);
}

// TRUNCATE TABLE is refused for a table that keeps its history.
void refill_incoming(Session& session, const Change& change) {
  const std::string table = identifier(change.incoming);
  if (change.after->versioned) {
    session.run("DELETE FROM " + table);
    session.run("DELETE HISTORY FROM " + table);
  } else {
    session.run("TRUNCATE TABLE " + table);
  }
  put_points_rows_in(session, change, "");
}

std::uint64_t rows_read_by_filling(const Change& change, std::int64_t rows_at_point) {
  const auto at_point = static_cast<std::uint64_t>(std::max<std::int64_t>(rows_at_point, 0));
  if (!takes_live_rows(change)) return 2 * at_point;
  const std::uint64_t now = change.before->rows_estimate;
  if (change.choice == Choice::keep_new) return now + 2 * at_point;
  return now + (fills_columns(change) ? at_point : 0);
}

void complete_incoming(Session& session, Change& change) {
  if (!change.swaps() || change.incoming.empty()) return;
  for (int round = 0; takes_live_rows(change) && round < catch_up_rounds; ++round) {
    const Carried carried = carry_over(session, carry_of(change));
    change.rows_lost += carried.set_aside;
    if (carried.keys < few_keys) break;
  }
  check_incoming(session, change);
  std::vector<std::string> others;
  if (session.flavour().mariadb && change.before) others.push_back(change.before_log());
  start_log(session, *change.after, change.incoming, change.after_log(), others);
  session.run("ANALYZE TABLE " + identifier(change.incoming));
}

}  // namespace rollback::mysql
