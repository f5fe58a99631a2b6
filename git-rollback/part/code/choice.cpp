#include "part/code/choice.h"

#include <algorithm>

namespace rollback {
namespace {

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
    for (const auto& revert : reverts_by(commit)) {
      if (revert.whole) undone.emplace(revert.of, commit.id);
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

  std::vector<Revert> reverts_by(const Commit& commit) const {
    const auto found = circumstances.reverts.find(commit.id);
    return found == circumstances.reverts.end() ? std::vector<Revert>{} : found->second;
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
void keep_what_undid_parts(std::vector<Candidate>& candidates, const Judge& judge) {
  std::set<std::string> kept;
  for (auto& candidate : candidates) {
    const Unit& unit = candidate.unit;
    std::vector<Revert> reverts = judge.reverts_by(unit.commit);
    for (const auto& commit : unit.merged) {
      for (auto& revert : judge.reverts_by(commit)) reverts.push_back(std::move(revert));
    }
    const bool counts = candidate.deployed && candidate.inside && !candidate.undone &&
                        !candidate.refused && !candidate.kept();
    for (const auto& revert : reverts) {
      const bool wished = judge.circumstances.wishes.preserve.count(revert.of) != 0;
      if (!counts || wished || kept.count(revert.of) == 0) continue;
      candidate.kept_for = "it undid a part of what is kept, " + revert.of.substr(0, 10);
    }
    if (!candidate.kept() || candidate.undone) continue;
    kept.insert(unit.commit.id);
    for (const auto& commit : unit.merged) kept.insert(commit.id);
  }
}

}  // namespace

bool is_rollback(const Commit& commit) { return !commit.trailer(rollback_to_trailer).empty(); }

void choose(std::vector<Candidate>& candidates, const PreserveRules& rules,
            const Circumstances& circumstances) {
  Judge judge{.rules = rules, .circumstances = circumstances};
  judge.find_undone(candidates);
  for (auto& candidate : candidates) judge.judge(candidate);
  keep_what_undid_parts(candidates, judge);
}

}  // namespace rollback
