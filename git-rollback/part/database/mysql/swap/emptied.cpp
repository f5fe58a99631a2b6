#include "part/database/mysql/swap/emptied.h"

#include "os/notice.h"
#include "part/database/mysql/catalogue/storage.h"

namespace rollback::mysql {

void record_storage(Session& session, Registry& registry, const Plan& plan) {
  auto operation = registry.operation(plan.operation);
  if (!operation) return;
  Plan recorded = plan;
  std::vector<std::string> incoming;
  for (const Change& change : plan.changes) {
    if (!change.incoming.empty()) incoming.push_back(change.incoming);
  }
  auto storages = storages_of(session, incoming);
  for (Change& change : recorded.changes) {
    if (!change.incoming.empty()) change.storage_after = storages[change.incoming];
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

std::vector<const Followed*> EmptiedWatch::unknown(const std::vector<Followed>& tables) {
  std::vector<std::string> names;
  for (const Followed& one : tables) {
    if (!one.target.empty()) names.push_back(one.table);
  }
  const auto now = storages_of(session_, names);
  std::vector<const Followed*> found;
  for (const Followed& one : tables) {
    const bool known = now.contains(one.table) && storage_.contains(one.table);
    if (!one.target.empty() && !known) found.push_back(&one);
  }
  return found;
}

void EmptiedWatch::note_unknown(const std::vector<Followed>& tables) {
  for (const Followed* const table : unknown(tables)) {
    const Followed& one = *table;
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

// Of those that were live since the swap, and not deleted since it was caught up with.
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
  const std::string log = identifier(table.log);
  std::string columns;
  std::string noted;
  for (size_t i = 0; i < key.size(); ++i) {
    noted += (i == 0 ? "" : " AND ") + log + ".k" + std::to_string(i + 1) + " = git_rollback_i." +
             identifier(key[i]);
  }
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
                        live + " WHERE " + same_key(key, "git_rollback_i", live) +
                        ") AND NOT EXISTS (SELECT 1 FROM " + log + " WHERE " + noted + ")") != 0) {
      return true;
    }
  }
  return false;
}

void EmptiedWatch::require_noted(const std::vector<Followed>& tables) {
  const auto found = changed(tables);
  std::string emptied = found.empty() ? "" : found.front().first->table;
  for (const Followed* const one : unknown(tables)) {
    if (emptied.empty() && lacks_a_row(*one)) emptied = one->table;
  }
  if (emptied.empty()) return;
  throw EmptiedMeanwhile("table '" + emptied + "' was emptied or rebuilt meanwhile",
                         {"run the command again"});
}

}  // namespace rollback::mysql
