#include "part/database/mysql/swap/emptied.h"

#include "os/notice.h"
#include "part/database/mysql/catalogue/storage.h"

namespace rollback::mysql {

void record_storage(Session& session, Registry& registry, const Plan& plan) {
  auto operation = registry.operation(plan.operation);
  if (!operation) return;
  Plan recorded = plan;
  for (Change& change : recorded.changes) {
    if (change.incoming.empty()) continue;
    change.storage_after = storage_of(session, change.incoming);
  }
  operation->plan = to_text(recorded);
  registry.put(*operation);
}

EmptiedWatch::EmptiedWatch(Session& session, const Registry& registry, const Plan& plan)
    : session_(session) {
  const auto operation = registry.operation(plan.operation);
  if (!operation) return;
  for (const Change& change : plan_from(operation->plan).changes) {
    if (!change.storage_after.empty()) storage_[change.table()] = change.storage_after;
  }
}

void EmptiedWatch::note(const std::vector<Followed>& tables) {
  std::vector<std::string> asked;
  for (const Followed& one : tables) {
    if (!one.target.empty() && storage_.contains(one.table)) asked.push_back(one.table);
  }
  auto now = storages_of(session_, asked);
  for (const Followed& one : tables) {
    const auto known = storage_.find(one.table);
    if (one.target.empty() || known == storage_.end()) continue;
    const std::string storage = now[one.table];
    if (storage.empty() || storage == known->second) continue;
    known->second = storage;
    note_what_only_one_has(session_, one);
    if (!common_key(one.from, one.to).empty()) continue;
    give_notice({"table '" + one.table +
                     "' was emptied or rebuilt since the swap, and has no key: the rows of before"
                     " are there again",
                 {}});
  }
}

void EmptiedWatch::note_unknown(const std::vector<Followed>& tables) {
  std::vector<std::string> names;
  for (const Followed& one : tables) {
    if (!one.target.empty()) names.push_back(one.table);
  }
  const auto now = storages_of(session_, names);
  for (const Followed& one : tables) {
    if (one.target.empty() || (now.contains(one.table) && storage_.contains(one.table))) continue;
    const bool has_key = !common_key(one.from, one.to).empty();
    const bool is_first = compared_.insert(one.table).second;
    if ((is_first && has_key) || lacks_a_row(one)) note_what_only_one_has(session_, one);
    if (!is_first || has_key) continue;
    give_notice({"whether table '" + one.table +
                     "' was emptied since the swap is not known, and it has no key: if it was, the"
                     " rows of before are there again",
                 {}});
  }
}

// Of those that were live since the swap.
bool EmptiedWatch::lacks_a_row(const Followed& table) {
  const auto key = common_key(table.from, table.to);
  const std::string target = identifier(table.target);
  const std::string live = identifier(table.table);
  std::string kept;
  for (const auto& name : table.keep_from) {
    kept += (kept.empty() ? " WHERE " : " AND ") +
            ("NOT EXISTS (SELECT 1 FROM " + identifier(name) + " WHERE " +
             same_key(key, identifier(name), target) + ")");
  }
  std::string columns;
  for (const auto& column : key) {
    columns += (columns.empty() ? "" : ", ") + target + "." + identifier(column);
  }
  for (const char* const direction : {"", " DESC"}) {
    if (key.empty()) return false;
    std::string order;
    for (const auto& column : key) {
      order +=
          (order.empty() ? " ORDER BY " : ", ") + target + "." + identifier(column) + direction;
    }
    if (session_.number("SELECT count(*) FROM (SELECT " + columns + " FROM " + target + kept +
                        order + " LIMIT 1) AS git_rollback_i WHERE NOT EXISTS (SELECT 1 FROM " +
                        live + " WHERE " + same_key(key, "git_rollback_i", live) + ")") != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace rollback::mysql
