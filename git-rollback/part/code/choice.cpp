#include "part/code/choice.h"

#include <algorithm>

namespace rollback {
namespace {

bool is_hex(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "This reverts commit <id>." of git revert, each of them.
std::vector<std::string> reverted_by_git(const std::string& message) {
  constexpr std::string_view words = "This reverts commit ";
  std::vector<std::string> ids;
  for (size_t at = message.find(words); at != std::string::npos; at = message.find(words, at + 1)) {
    const std::string_view rest = std::string_view(message).substr(at + words.size());
    const std::string_view id = rest.substr(0, rest.find_first_not_of("0123456789abcdef"));
    if (is_hex(id)) ids.emplace_back(id);
  }
  return ids;
}

// "" : no rule keeps it.
std::string reason_to_keep(const Unit& unit, const PreserveRules& rules, const Touched& touched,
                           const Wishes& wishes, const std::set<std::string>& undone) {
  const auto wished = [&](const Commit& commit) { return wishes.preserve.count(commit.id) != 0; };
  if (wished(unit.commit)) return "--preserve";
  for (const auto& commit : unit.merged) {
    if (wished(commit)) return "--preserve " + commit.id.substr(0, 10) + ", which it merged";
  }
  if (is_rollback(unit.commit) || wishes.no_preserve.count(unit.commit.id) != 0) return "";
  if (const auto rule = rules.rule_for(unit.commit, touched)) return *rule;
  for (const auto& commit : unit.merged) {
    if (wishes.no_preserve.count(commit.id) != 0 || undone.count(commit.id) != 0) continue;
    if (const auto rule = rules.rule_for(commit, touched)) {
      return *rule + ", of " + commit.id.substr(0, 10) + " which it merged";
    }
  }
  return "";
}

std::set<std::string> find_undone(std::vector<Candidate>& candidates,
                                  const std::vector<std::string>& components) {
  std::set<std::string> undone;
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    if (!it->deployed) continue;
    it->undone = undone.count(it->unit.commit.id) != 0;
    if (it->undone) continue;
    for (auto& id : undone_by(it->unit.commit, components)) undone.insert(std::move(id));
    for (const auto& commit : it->unit.merged) {
      if (undone.count(commit.id) != 0) continue;
      for (auto& id : undone_by(commit, components)) undone.insert(std::move(id));
    }
  }
  return undone;
}

}  // namespace

bool is_rollback(const Commit& commit) { return !commit.trailer(rollback_to_trailer).empty(); }

std::vector<std::string> undone_by(const Commit& commit,
                                   const std::vector<std::string>& components) {
  if (!is_rollback(commit)) return reverted_by_git(commit.message);
  const auto of = commit.trailer(component_trailer);
  const bool of_all =
      of.empty() ||
      std::all_of(components.begin(), components.end(), [&](const std::string& component) {
        return std::find(of.begin(), of.end(), component) != of.end();
      });
  return of_all ? commit.trailer(reverts_trailer) : std::vector<std::string>{};
}

void choose(std::vector<Candidate>& candidates, const PreserveRules& rules, const Touched& touched,
            const Wishes& wishes, const std::vector<std::string>& components) {
  const auto undone = find_undone(candidates, components);
  for (auto& candidate : candidates) {
    const std::string& id = candidate.unit.commit.id;
    if (!candidate.inside) continue;
    if (!candidate.deployed && !wishes.drop_undeployed) {
      if (wishes.no_preserve.count(id) == 0) candidate.kept_for = "undeployed";
    } else if (!candidate.undone || wishes.preserve.count(id) != 0) {
      candidate.kept_for = reason_to_keep(candidate.unit, rules, touched, wishes, undone);
    }
  }
}

}  // namespace rollback
