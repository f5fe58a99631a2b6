#include "part/database/mysql/swap/late_rows.h"

#include <algorithm>

#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/log.h"

namespace rollback::mysql {
namespace {

void record_where_it_is(Session& session, Registry& registry, const std::string& operation,
                        const Carry& carry) {
  const std::int64_t writes = count_rows(session, carry.log);
  if (writes == 0) return;
  const auto known = registry.aside(operation);
  const bool recorded = std::any_of(known.begin(), known.end(), [&](const Aside& aside) {
    return aside.aside == carry.projection.table;
  });
  if (!recorded) {
    registry.put(operation, {carry.target, carry.projection.table, writes,
                             "written in the moment of the swap, and the table has no key"});
  }
  session.run("DELETE FROM " + identifier(carry.log));
}

}  // namespace

std::set<std::string> tables_with_rows(Session& session, const std::vector<std::string>& tables) {
  std::set<std::string> filled;
  std::string query;
  for (size_t i = 0; i < tables.size(); ++i) {
    query += (i == 0 ? "SELECT " : " UNION ALL SELECT ") + std::to_string(i) +
             ", EXISTS (SELECT 1 FROM " + identifier(tables[i]) + ")";
  }
  if (tables.empty()) return filled;
  try {
    const auto rows = session.rows(query);
    for (size_t i = 0; i < tables.size(); ++i) {
      if (rows.at(i).at(1) == "1") filled.insert(tables[i]);
    }
  } catch (const ServerError& error) {
    if (!error.is_missing_table()) throw;
    for (const auto& table : tables) {
      if (is_logged(session, table)) filled.insert(table);
    }
  }
  return filled;
}

void drop_empty_asides(Session& session, const Plan& plan) {
  for (const Change& change : plan.changes) {
    if (!change.swaps()) continue;
    for (const auto& aside : {change.aside, change.id + "_aside"}) {
      if (aside.empty() || !table_exists(session, aside) || count_rows(session, aside) > 0)
        continue;
      session.run("DROP TABLE " + identifier(aside));
    }
  }
}

void carry_what_slipped_in(Session& session, Registry& registry, const std::string& operation,
                           const Carry& carry) {
  if (common_key(carry.projection.from, carry.projection.to).empty()) {
    return record_where_it_is(session, registry, operation, carry);
  }
  Carry last = carry;
  last.last = true;
  carry_over(session, last);
}

void record_aside(Session& session, Registry& registry, const std::string& operation,
                  const std::string& table, const std::string& aside) {
  if (aside.empty() || !table_exists(session, aside)) return;
  std::int64_t rows = count_rows(session, aside);
  for (const Aside& known : registry.aside(operation)) {
    if (known.aside == aside) rows -= known.rows;
  }
  if (rows <= 0) return;
  const auto reason =
      session.rows("SELECT git_rollback_reason, count(*) OVER () FROM " + identifier(aside) +
                   " GROUP BY git_rollback_reason ORDER BY count(*) DESC LIMIT 1");
  const bool several = reason.at(0).at(1) != "1";
  registry.put(operation, {table, aside, rows,
                           reason.at(0).at(0).value_or("") + (several ? ", and others" : "")});
}

}  // namespace rollback::mysql
