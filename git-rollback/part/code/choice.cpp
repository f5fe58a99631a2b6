#include "part/code/choice.h"

#include <algorithm>

namespace rollback {
namespace {

bool is_hex(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<std::string> ids_after_words_of_revert(const std::string& message) {
  constexpr std::string_view words = "This reverts commit ";
  std::vector<std::string> ids;
  for (size_t at = message.find(words); at != std::string::npos; at = message.find(words, at + 1)) {
    const std::string_view rest = std::string_view(message).substr(at + words.size());
    const std::string_view id = rest.substr(0, rest.find_first_not_of("0123456789abcdef"));
    if (is_hex(id)) ids.emplace_back(id);
  }
  return ids;
}

// Does a commit of git revert take back the whole of another? It may have been cut
// down to some of the paths before it was committed.
bool covers(const Commit& revert, const std::string& reverted, const ChangedPaths& paths) {
  const auto of_revert = paths.find(revert.id), of_reverted = paths.find(reverted);
  if (of_revert == paths.end() || of_reverted == paths.end()) return true;
  return std::includes(of_revert->second.begin(), of_revert->second.end(),
                       of_reverted->second.begin(), of_reverted->second.end());
}

// What is said and asked of the commits, by which they are judged.
struct Judge {
  const PreserveRules& rules;
  const Circumstances& circumstances;
  std::map<std::string, std::string> undone = {};               // and by which commit
  std::map<std::string, std::set<std::string>> undone_in = {};  // components, by commit

  void find_undone(std::vector<Candidate>& candidates) {
    for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
      if (!it->deployed && !circumstances.wishes.drop_undeployed) continue;
      it->undone = undone.count(it->unit.commit.id) != 0;
      if (it->undone) continue;
      take_word_of(it->unit.commit);
      for (const auto& commit : it->unit.merged) {
        if (undone.count(commit.id) == 0) take_word_of(commit);
      }
    }
  }

  void take_word_of(const Commit& commit) {
    for (const auto& id : reverted_by_git(commit)) {
      if (covers(commit, id, circumstances.paths)) undone.emplace(id, commit.id);
    }
    if (!is_rollback(commit)) return;
    const auto of = commit.trailer(component_trailer);  // none: of all
    for (const auto& id : commit.trailer(reverts_trailer)) {
      auto& components = undone_in[id];
      components.insert(of.begin(), of.end());
      const bool all = of.empty() ||
                       std::all_of(circumstances.components.begin(), circumstances.components.end(),
                                   [&](const std::string& component) {
                                     return components.count(component) != 0;
                                   });
      if (all) undone.emplace(id, commit.id);
    }
  }

  bool is_wished(const Commit& commit) const {
    return circumstances.wishes.preserve.count(commit.id) != 0;
  }

  // "" : none does.
  std::string rule_that_keeps(const Unit& unit) const {
    const auto& refused = circumstances.wishes.no_preserve;
    if (is_wished(unit.commit)) return "--preserve";
    for (const auto& commit : unit.merged) {
      if (is_wished(commit)) return "--preserve " + commit.id.substr(0, 10) + ", which it merged";
    }
    if (is_rollback(unit.commit) || refused.count(unit.commit.id) != 0) return "";
    if (const auto rule = rules.rule_for(unit.commit, circumstances.touched)) return *rule;
    for (const auto& commit : unit.merged) {
      const bool counts = refused.count(commit.id) == 0 && undone.count(commit.id) == 0;
      if (!counts || is_rollback(commit)) continue;
      if (const auto rule = rules.rule_for(commit, circumstances.touched)) {
        return *rule + ", of " + commit.id.substr(0, 10) + " which it merged";
      }
    }
    return "";
  }

  void judge(Candidate& candidate) const {
    const Commit& commit = candidate.unit.commit;
    candidate.refused = circumstances.wishes.no_preserve.count(commit.id) != 0;
    if (!candidate.inside) return;
    if (!candidate.deployed && !circumstances.wishes.drop_undeployed) {
      if (!candidate.refused) candidate.kept_for = "undeployed";
      return;
    }
    candidate.kept_for = rule_that_keeps(candidate.unit);
    if (candidate.undone && !is_wished(commit) && !candidate.kept_for.empty()) {
      candidate.left_out_for = "undone before by " + undone.at(commit.id).substr(0, 10);
    }
  }
};

// Of a kept unit, a part may have been undone since, which must not come back.
void keep_what_undid_parts(std::vector<Candidate>& candidates, const Wishes& wishes) {
  std::set<std::string> kept;
  for (auto& candidate : candidates) {
    const bool counts = candidate.deployed && candidate.inside && !candidate.undone;
    const Unit& unit = candidate.unit;
    std::vector<std::string> takes_back = reverted_by_git(unit.commit);
    for (const auto& commit : unit.merged) {
      for (auto& id : reverted_by_git(commit)) takes_back.push_back(std::move(id));
    }
    for (const auto& id : takes_back) {
      if (!counts || candidate.kept() || candidate.refused || kept.count(id) == 0 ||
          wishes.preserve.count(id) != 0) {
        continue;
      }
      candidate.kept_for = "it undid a part of what is kept, " + id.substr(0, 10);
    }
    if (!candidate.kept() || candidate.undone) continue;
    kept.insert(unit.commit.id);
    for (const auto& commit : unit.merged) kept.insert(commit.id);
  }
}

}  // namespace

std::vector<std::string> reverted_by_git(const Commit& commit) {
  return is_rollback(commit) ? std::vector<std::string>{}
                             : ids_after_words_of_revert(commit.message);
}

bool is_rollback(const Commit& commit) { return !commit.trailer(rollback_to_trailer).empty(); }

void choose(std::vector<Candidate>& candidates, const PreserveRules& rules,
            const Circumstances& circumstances) {
  Judge judge{.rules = rules, .circumstances = circumstances};
  judge.find_undone(candidates);
  for (auto& candidate : candidates) judge.judge(candidate);
  keep_what_undid_parts(candidates, circumstances.wishes);
}

}  // namespace rollback
