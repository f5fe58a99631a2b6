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

std::vector<std::pair<const Followed*, std::string>> EmptiedWatch::changed(
    const std::vector<Followed>& tables) {
  std::vector<std::string> asked;
  for (const Followed& one : tables) {
    if (!one.target.empty() && storage_.contains(one.table)) asked.push_back(one.table);
  }
  const auto now = storages_of(session_, asked);
  std::vector<std::pair<const Followed*, std::string>> found;
  for (const Followed& one : tables) {
    const auto storage = now.find(one.table);
    if (one.target.empty() || storage == now.end() || storage->second.empty()) continue;
    if (storage->second != storage_.at(one.table)) found.emplace_back(&one, storage->second);
  }
  return found;
}

// A storage is known when all is noted: what is broken off is done again.
void EmptiedWatch::note(const std::vector<Followed>& tables) {
  for (const auto& [one, storage] : changed(tables)) {
    note_what_only_one_has(session_, *one);
    storage_[one->table] = storage;
    if (!common_key(one->from, one->to).empty()) continue;
    give_notice({"table '" + one->table +
                     "' was emptied or rebuilt since the swap, and has no key: the rows of before"
                     " are there again",
                 {}});
  }
}

void EmptiedWatch::require_noted(const std::vector<Followed>& tables) {
  const auto found = changed(tables);
  if (found.empty()) return;
  throw EmptiedMeanwhile(
      "table '" + found.front().first->table + "' was emptied or rebuilt meanwhile",
      {"nothing was changed by this; run the command again"});
}

}  // namespace rollback::mysql
