#include "part/database/mysql/swap/returned.h"

#include <algorithm>

#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/swap/stranded.h"

namespace rollback::mysql {
namespace {

constexpr const char* came_back = "it came back";
constexpr const char* orphaned = "the row that it refers to is not there any more";
constexpr const char* staged = "git_rollback_staged";

bool has_returned(Session& session, const Change& change) {
  return !change.returning.empty() && table_exists(session, returned(change));
}

// Empty: nothing takes its place.
std::string parent_of(const Plan& plan, const ForeignKey& key, bool live) {
  if (!key.parent_schema.empty())
    return identifier(key.parent_schema) + "." + identifier(key.parent);
  const auto found = std::find_if(
      plan.changes.begin(), plan.changes.end(),
      [&](const Change& change) { return change.swaps() && change.table() == key.parent; });
  if (live || found == plan.changes.end()) return identifier(key.parent);
  return found->incoming.empty() ? "" : identifier(found->incoming);
}

// Of those rows of `table` which came back.
std::string orphans_of(const Change& change, const ForeignKey& key, const std::string& table,
                       const std::string& parent) {
  std::string given;
  std::string same;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const std::string column = "c." + identifier(key.columns[i]);
    given += " AND " + column + " IS NOT NULL";
    same += (i == 0 ? "p." : " AND p.") + identifier(key.parent_columns[i]) + " = " + column;
  }
  return table + " AS c JOIN " + identifier(returned(change)) + " AS r ON " +
         same_key(change.after->key(), "r", "c") + " WHERE NOT EXISTS (SELECT 1 FROM " + parent +
         " AS p WHERE " + same + ")" + given;
}

std::int64_t leave_orphans(Session& session, const Change& change, const std::string& table,
                           const std::string& orphans) {
  stage(session, staged, *change.after, "c", orphans);
  const std::int64_t rows = count_rows(session, staged);
  if (rows == 0) return 0;
  const auto of = [&](const std::string& name) {
    return name + " JOIN " + staged + " AS s ON " + same_key(change.after->key(), "s", name);
  };
  const std::string aside = identifier(change.returning);
  const std::string keys = identifier(returned(change));
  Batch batch(session);
  session.run("UPDATE " + of(aside) + " SET " + aside +
              ".git_rollback_reason = " + literal(orphaned));
  session.run("DELETE " + table + " FROM " + of(table));
  session.run("DELETE " + keys + " FROM " + of(keys));
  batch.commit();
  return rows;
}

}  // namespace

std::string returned(const Change& change) { return change.id + "_returned"; }

std::int64_t bring_back(Session& session, const Change& change) {
  if (change.returning.empty()) return 0;
  const std::string unfit = change.id + "_unfit";
  const Projection rows{*change.after, *change.after, change.returning, ""};
  const std::string not_live = "NOT EXISTS (SELECT 1 FROM " + identifier(change.incoming) +
                               " AS k WHERE " + same_key(change.after->key(), "k", "f") + ")";
  make_aside(session, *change.after, unfit);
  make_aside(session, *change.after, returned(change));
  Batch batch(session);
  put_aside(session, {rows, "", not_live, returned(change)}, came_back);
  const std::int64_t without_place =
      insert_fitting(session, {rows, change.incoming, not_live, unfit});
  batch.commit();
  session.run("DROP TABLE " + identifier(unfit));
  return without_place;
}

void leave_to_live_rows(Session& session, const Plan& plan) {
  for (const Change& change : plan.changes) {
    if (!has_returned(session, change)) continue;
    session.run("DELETE r FROM " + identifier(returned(change)) + " AS r JOIN " +
                identifier(change.before->name) + " AS l ON " +
                same_key(change.after->key(), "l", "r"));
  }
}

std::int64_t leave_orphans(Session& session, const Plan& plan, bool live) {
  std::int64_t all = leave_stranded(session, plan, live ? Stage::live : Stage::built);
  std::int64_t found = 0;
  do {
    found = 0;
    for (const Change& change : plan.changes) {
      if (!has_returned(session, change)) continue;
      const std::string table = identifier(live ? change.after->name : change.incoming);
      for (const ForeignKey& key : change.after->foreign_keys) {
        const std::string parent = parent_of(plan, key, live);
        if (parent.empty()) continue;
        found += leave_orphans(session, change, table, orphans_of(change, key, table, parent));
      }
    }
    all += found;
  } while (found > 0);
  return all;
}

void record_orphans(Session& session, Registry& registry, const Plan& plan) {
  for (const Change& change : plan.changes) {
    if (change.returning.empty() || !table_exists(session, change.returning)) continue;
    std::int64_t rows = session.number("SELECT count(*) FROM " + identifier(change.returning) +
                                       " WHERE git_rollback_reason = " + literal(orphaned));
    for (const Aside& known : registry.aside(plan.operation)) {
      if (known.aside == change.returning) rows -= known.rows;
    }
    if (rows > 0) registry.put(plan.operation, {change.table(), change.returning, rows, orphaned});
  }
}

}  // namespace rollback::mysql
