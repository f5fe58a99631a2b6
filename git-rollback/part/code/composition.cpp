#include "part/code/composition.h"

#include <algorithm>
#include <map>
#include <set>

#include "os/counted.h"
#include "os/error.h"
#include "part/code/candidates.h"
#include "part/code/closure.h"
#include "part/code/code_steps.h"
#include "part/code/twins.h"
#include "part/code/work_tree.h"

namespace rollback {
namespace {

constexpr const char* closure_rule = "closure: ";

class Composer {
 public:
  Composer(const Git& git, const CompositionSetting& setting, const Request& request)
      : git_(git),
        setting_(setting),
        request_(request),
        specs_(specs_of_what_goes_back(setting.components)),
        kept_specs_(specs_of_what_is_kept(setting.components)),
        laying_(git, resolutions_from(request.resolutions),
                [this] { return commits_with_twins(git_, made_.target, made_.live); }) {
    made_.branch = current_branch(git);
    made_.head = git.line({"rev-parse", "--verify", "HEAD^{commit}"});
    made_.live = request.live.commit;
    made_.target = code_target(request.target);
    made_.config_paths = tracked_config(setting.components);
  }

  Composition compose() {
    Range range{.point = made_.target, .live = made_.live, .head = made_.head, .specs = specs_};
    made_.candidates = choose_among(git_, range, setting_, request_, made_.remarks);
    if (auto obstacle = without_parents()) {
      made_.obstacle = std::move(obstacle);
      return std::move(made_);
    }
    const std::string start = base();
    const std::string laid = lay(start);
    if (laid.empty()) return std::move(made_);
    finish(start, laid);
    if (!made_.obstacle && made_.changes.empty() && has_closure()) {
      made_.obstacle =
          Obstacle{"with what the kept commits stand on, nothing is left to undo",
                   {"git rollback --conflicts=skip …   leaves out what does not apply"}};
    }
    if (!made_.obstacle && has_changes_outside(start, laid)) {
      made_.obstacle = kept_outside(start);
    }
    return std::move(made_);
  }

 private:
  std::optional<Obstacle> without_parents() const {
    for (const auto& candidate : made_.candidates) {
      if (!candidate.kept() || !candidate.unit.parent().empty() || !is_shallow(git_)) continue;
      return Obstacle{
          "the commit " + candidate.unit.shown() + " has no parent here, so that it cannot be kept",
          {"this clone is shallow, get the rest of it: git fetch --unshallow",
           "git rollback --no-preserve " + candidate.unit.commit.id.substr(0, 10) +
               " …   leaves it out"}};
    }
    return std::nullopt;
  }

  // Only the paths that go back are at the point: what a kept commit did
  // elsewhere stands on what is live.
  std::string base() {
    if (specs_.empty()) return made_.target;
    base_changes_ = changes_between(git_, made_.live, made_.target, specs_);
    return with_changes(made_.live, base_changes_);
  }

  std::string with_changes(const std::string& tree, const std::vector<PathChange>& changes) {
    const Laid made = laying_.replay().with_changes(tree, changes);
    if (!made.problem.empty()) throw Fatal("cannot make the tree: " + made.problem);
    return made.tree;
  }

  std::vector<CommitToLay> commits_to_lay() {
    std::vector<std::pair<std::string, std::string>> unknown;
    for (const auto& candidate : made_.candidates) {
      const Unit& unit = candidate.unit;
      if (candidate.kept() && changes_.count(unit.commit.id) == 0) {
        unknown.emplace_back(unit.commit.id, unit.parent());
        changes_[unit.commit.id];
      }
    }
    for (auto& [id, changes] : changes_of(git_, unknown, kept_specs_)) changes_[id] = changes;
    std::vector<CommitToLay> commits;
    for (const auto& candidate : made_.candidates) {
      if (!candidate.kept()) continue;
      const Unit& unit = candidate.unit;
      commits.push_back({.id = unit.commit.id,
                         .parent = unit.parent(),
                         .changes = changes_[unit.commit.id],
                         .whole = kept_specs_.empty()});
    }
    return commits;
  }

  // "" : an obstacle stands in the way.
  std::string lay(const std::string& start) {
    const bool skip = request_.on_conflict == OnConflict::skip;
    std::vector<size_t> added;
    for (;;) {
      Laying::Result result = laying_.lay(start, commits_to_lay(), skip);
      if (!result.conflict) {
        if (!added.empty()) return smallest(start, added, std::move(result));
        return accept(std::move(result));
      }
      const auto stands = stands_on(git_, *result.conflict, made_.target, made_.candidates);
      if (request_.on_conflict != OnConflict::closure || !extend(*result.conflict, stands, added)) {
        if (!made_.obstacle) made_.obstacle = obstacle_of(*result.conflict, stands);
        made_.conflict = std::move(result.conflict);
        return "";
      }
    }
  }

  std::string accept(Laying::Result result) {
    made_.settled = std::move(result.settled);
    for (const auto& conflict : result.left_out) {
      candidate_of(conflict.commit.id).left_out_for = "conflict in " + quoted(conflict.paths);
    }
    remark_on_config();
    return result.tree;
  }

  bool extend(const Conflict& conflict, const std::vector<size_t>& stands,
              std::vector<size_t>& added) {
    if (stands.empty()) return false;
    for (const size_t i : stands) {
      if (!made_.candidates[i].refused) continue;
      made_.obstacle = obstacle_of(conflict, {i});
      made_.obstacle->reason += ", which --no-preserve takes out";
      return false;
    }
    for (const size_t i : stands) {
      made_.candidates[i].kept_for =
          std::string(closure_rule) + conflict.commit.id.substr(0, 10) + " stands on it";
      added.push_back(i);
    }
    if (static_cast<long long>(added.size()) <= setting_.closure_limit) return true;
    made_.obstacle =
        Obstacle{"what has to be kept with " + candidate_of(conflict.commit.id).unit.shown() +
                     " is more than " + counted(setting_.closure_limit, "commit"),
                 {"git config rollback.closureLimit <a larger number>",
                  "git rollback --conflicts=skip …   leaves out what does not apply"}};
    return false;
  }

  // Tries to do without each that was added, newest first.
  std::string smallest(const std::string& start, std::vector<size_t> added, Laying::Result result) {
    std::sort(added.rbegin(), added.rend());
    for (const size_t i : added) {
      std::string why;
      std::swap(why, made_.candidates[i].kept_for);
      Laying::Result without = laying_.lay(start, commits_to_lay(), false);
      if (without.conflict) {
        made_.candidates[i].kept_for = why;
      } else {
        result = std::move(without);
      }
    }
    return accept(std::move(result));
  }

  // What the config part writes is what stands there in the end.
  void remark_on_config() {
    Pathspecs files;
    for (const auto& one : setting_.components) {
      if (!one.with_config) continue;
      for (const auto& path : tracked_config({one})) files.push_back(":(top,literal)" + path);
    }
    if (files.empty()) return;
    std::vector<std::pair<std::string, std::string>> kept;
    for (const auto& one : made_.candidates) {
      if (one.kept()) kept.emplace_back(one.unit.commit.id, one.unit.parent());
    }
    for (const auto& [id, changes] : changes_of(git_, kept, files)) {
      made_.remarks.push_back("config files go back to the point: what " + id.substr(0, 10) +
                              " changed in '" + changes.front().path + "' does not stay");
    }
  }

  bool has_closure() const {
    return std::any_of(made_.candidates.begin(), made_.candidates.end(), [](const Candidate& one) {
      return one.kept() && one.kept_for.starts_with(closure_rule);
    });
  }

  Candidate& candidate_of(const std::string& id) {
    return *std::find_if(made_.candidates.begin(), made_.candidates.end(),
                         [&](const Candidate& one) { return one.unit.commit.id == id; });
  }

  static std::string quoted(const std::vector<std::string>& paths) {
    std::string text;
    for (const auto& path : paths) text += (text.empty() ? "'" : ", '") + path + "'";
    return text;
  }

  Obstacle obstacle_of(const Conflict& conflict, const std::vector<size_t>& stands) {
    const Candidate& kept = candidate_of(conflict.commit.id);
    std::string text = "the " + std::string(kept.deployed ? "" : "undeployed ") + "commit " +
                       kept.unit.commit.id.substr(0, 10) + " (" + kept.unit.commit.subject +
                       ") does not apply without what goes: conflict in " + quoted(conflict.paths);
    for (const size_t i : stands) {
      text += (i == stands.front() ? "; it stands on " : ", ") + made_.candidates[i].unit.shown();
    }
    Obstacle obstacle{.reason = text, .hints = {}, .can_be_resolved = true};
    if (!stands.empty()) {
      obstacle.stands_on_commits = true;
      obstacle.hints.emplace_back("--conflicts=closure   keeps what it stands on, too");
    }
    obstacle.hints.emplace_back("--conflicts=skip   leaves out what does not apply");
    if (!kept.deployed) {
      obstacle.hints.emplace_back("--drop-undeployed   leaves out what is not deployed yet");
    }
    return obstacle;
  }

  void finish(const std::string& start, const std::string& laid) {
    if (specs_.empty()) {
      made_.changes = changes_between(git_, made_.head, laid, specs_);
      made_.tree = laid;
      return;
    }
    const bool as_live = made_.head == made_.live && laid == start;
    made_.changes =
        as_live ? std::move(base_changes_) : changes_between(git_, made_.head, laid, specs_);
    made_.tree = as_live ? laid : with_changes(made_.head, made_.changes);
    const auto outside =
        left_over(changes_between(git_, made_.head, made_.tree, {}), made_.changes);
    if (!outside.empty()) made_.obstacle = in_the_way(outside.front());
  }

  static std::vector<std::string> left_over(const std::vector<PathChange>& all,
                                            const std::vector<PathChange>& some) {
    std::set<std::string> paths;
    for (const auto& change : all) paths.insert(change.path);
    for (const auto& change : some) paths.erase(change.path);
    return {paths.begin(), paths.end()};
  }

  // A file outside where a folder must be, or the reverse.
  static Obstacle in_the_way(const std::string& path) {
    return {"'" + path +
                "' is none of what goes back, and stands in the way of it: one is a file"
                " where the other needs a folder",
            {"roll back what '" + path + "' belongs to as well, or move it: git mv"}};
  }

  bool has_changes_outside(const std::string& start, const std::string& laid) const {
    return !kept_specs_.empty() && laid != start &&
           !left_over(changes_between(git_, start, laid, {}),
                      changes_between(git_, start, laid, kept_specs_))
                .empty();
  }

  // git's merge follows renames, out of the paths that go back, too. What a kept
  // commit changes must not end there.
  std::optional<Obstacle> kept_outside(const std::string& start) {
    std::string before = start;
    for (const auto& commit : commits_to_lay()) {
      const std::string after = laying_.lay(before, {commit}, false).tree;
      const auto outside = left_over(changes_between(git_, before, after, {}),
                                     changes_between(git_, before, after, kept_specs_));
      if (!outside.empty()) {
        const auto settled = made_.settled.find(commit.id);
        if (settled != made_.settled.end() && settled->second == resolved_before) {
          return Obstacle{"what you resolved changes '" + outside.front() +
                              "', which is none of what goes back",
                          {"git rollback status   names the folder; there: git restore --staged "
                           "--worktree -- '" +
                           outside.front() + "'"}};
        }
        return Obstacle{"the commit " + candidate_of(commit.id).unit.shown() +
                            " changes a file that is called '" + outside.front() +
                            "' there, which is none of what goes back",
                        {"--no-preserve " + commit.id.substr(0, 10) + "   leaves it out"}};
      }
      before = after;
    }
    return std::nullopt;
  }

  const Git& git_;
  const CompositionSetting& setting_;
  const Request& request_;
  Pathspecs specs_, kept_specs_;
  Laying laying_;
  std::vector<PathChange> base_changes_;  // from what is live to where the laying starts
  std::map<std::string, std::vector<PathChange>> changes_;  // of commits to keep, by id
  Composition made_;
};

}  // namespace

std::string code_target(const Point& point) {
  const std::string head = first_field(point.trailers, head_trailer);
  return head.empty() ? point.commit : head;
}

Composition compose(const Git& git, const CompositionSetting& setting, const Request& request) {
  return Composer(git, setting, request).compose();
}

}  // namespace rollback
