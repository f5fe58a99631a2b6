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

}  // namespace rollback::mysql
