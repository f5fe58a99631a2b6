#include "part/code/laying.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "part/code/merged_tree.h"
#include "part/code/settled.h"

namespace rollback {

using nlohmann::json;

std::string to_text(const std::vector<Resolution>& resolutions) {
  json list = json::array();
  for (const auto& one : resolutions) {
    list.push_back({{"commit", one.commit}, {"ours", one.ours}, {"tree", one.tree}});
  }
  return list.empty() ? "" : list.dump();
}

std::vector<Resolution> resolutions_from(const std::string& text) {
  std::vector<Resolution> resolutions;
  if (text.empty()) return resolutions;
  for (const auto& one : json::parse(text)) {
    resolutions.push_back(
        {.commit = one.at("commit"), .ours = one.at("ours"), .tree = one.at("tree")});
  }
  return resolutions;
}

Laying::Laying(const Git& git, std::vector<Resolution> resolutions, AskTwins twins)
    : git_(git), resolutions_(std::move(resolutions)), ask_twins_(std::move(twins)) {}

// git may have removed what nothing referred to: then it is to be resolved again.
bool Laying::is_there(const std::string& tree) const {
  return git_.ask({"cat-file", "-e", tree + "^{tree}"}).status == 0;
}

Replay& Laying::replay() {
  if (!replay_) replay_ = open_replay(git_);
  return *replay_;
}

const Laying::Attempt& Laying::attempt(const std::string& ours, const CommitToLay& commit) {
  const auto [known, is_new] = attempts_.try_emplace({ours, commit.id});
  Attempt& attempt = known->second;
  if (!is_new) return attempt;
  const auto resolved =
      std::find_if(resolutions_.begin(), resolutions_.end(), [&](const Resolution& one) {
        return one.commit == commit.id && one.ours == ours && is_there(one.tree);
      });
  if (resolved != resolutions_.end()) {
    attempt = {.tree = resolved->tree, .how = resolved_before, .paths = {}};
    return attempt;
  }
  if (!twins_) twins_ = ask_twins_();
  const Twin twin = twins_->count(commit.id) != 0 ? Twin::there : Twin::none;
  attempt.paths = replay().lay(ours, {commit}).paths;
  if (const auto settled = settle(git_, trees_of(git_, ours, commit), attempt.paths, twin)) {
    attempt.tree = settled->tree;
    attempt.how = settled->how;
  }
  return attempt;
}

Laying::Result Laying::lay(const std::string& tree, const std::vector<CommitToLay>& commits,
                           bool skip) {
  Result result{.tree = tree, .settled = {}, .left_out = {}, .conflict = {}};
  if (commits.empty()) {
    result.tree = tree_of(git_, tree);
    return result;
  }
  std::vector<CommitToLay> rest = commits;
  for (;;) {
    const Laid laid = replay().lay(result.tree, rest);
    if (!laid.problem.empty()) throw Fatal("cannot lay the commits to keep: " + laid.problem);
    result.tree = laid.tree;
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(laid.count));
    if (rest.empty()) return result;
    const CommitToLay& next = rest.front();
    const Attempt& tried = attempt(result.tree, next);
    if (!tried.tree.empty()) {
      result.settled[next.id] = tried.how;
      result.tree = tried.tree;
    } else {
      Conflict conflict{.commit = next, .ours = result.tree, .paths = tried.paths};
      if (!skip) {
        result.conflict = std::move(conflict);
        return result;
      }
      result.left_out.push_back(std::move(conflict));
    }
    rest.erase(rest.begin());
  }
}

}  // namespace rollback
