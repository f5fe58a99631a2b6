#include "part/code/code_part.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "part/code/code_check.h"
#include "part/code/code_steps.h"
#include "part/code/history.h"
#include "part/code/replay.h"
#include "store/identity.h"
#include "store/names.h"
#include "store/temporary_index.h"
#include "store/trailers.h"

namespace rollback {
namespace {

using nlohmann::json;

constexpr size_t subjects_shown = 10;
constexpr const char* head_trailer = "Rollback-Head";

std::string names_of(const std::vector<CodePaths>& components) {
  std::string text;
  for (const auto& component : components) text += (text.empty() ? "" : ",") + component.component;
  return text;
}

std::string count(size_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

// What the operation would make of the code; pure data.
struct Draft {
  std::string branch, head;  // where it stands
  std::string tree;          // the tree of the new commit
  std::vector<CommitLine> undone;
  std::vector<CommitToLay> kept;
  std::vector<PathChange> changes;
  std::vector<std::string> config_paths;  // in `changes`, but the config part's files
};

class CodePart : public Part {
 public:
  CodePart(std::vector<CodePaths> components, CodeSetting setting, Git git)
      : Part(names_of(components)),
        components_(std::move(components)),
        setting_(std::move(setting)),
        git_(std::move(git)) {}

  Kind kind() const override { return Kind::code; }
  bool present() override { return exists("HEAD"); }
  void capture(PointDraft&) override {}  // the commit itself is all that is needed
  void forget(const std::string&) override {}

  Assessment assess(const Request& request) override {
    Assessment assessment;
    if (!present()) {
      assessment.obstacle = Obstacle{"'" + current_branch(git_) + "' has no commit yet",
                                     {"git switch <the branch that is deployed>"}};
      return assessment;
    }
    assessment.from = request.live.commit.substr(0, 10);
    assessment.to = target_of(request).substr(0, 10);
    for (const auto& commit : {target_of(request), request.live.commit}) {
      if (exists(commit)) continue;
      assessment.obstacle =
          Obstacle{"commit " + commit + " is not in this repository", {"git fetch"}};
      return assessment;
    }
    Draft draft;
    assessment.obstacle = compose(request, draft);
    if (assessment.obstacle) return assessment;
    describe(draft, assessment);
    assessment.already = draft.changes.empty();
    if (!assessment.already && !request.branch_only) {
      assessment.obstacle = what_stands_in_the_way(draft);
    }
    return assessment;
  }

  std::vector<Check> diagnose(Depth) override { return check_code(git_); }

  std::vector<Finding> verify(const Point& point) override {
    std::vector<Finding> findings;
    std::vector<std::string> commits{point.commit};
    const std::string head = first_field(point.trailers, head_trailer);
    if (!head.empty() && head != point.commit) commits.push_back(head);
    for (const auto& commit : commits) {
      const std::string missing = what_is_missing(commit);
      if (!missing.empty()) findings.push_back({missing});
    }
    return findings;
  }

  std::string prepare(const Request& request) override {
    Draft draft;
    if (const auto obstacle = compose(request, draft)) {
      throw Refused(obstacle->reason, obstacle->hints);
    }
    const std::string commit = write_commit(request, draft);
    std::vector<RefChange> refs{{names::branch_ref(request.operation), "", commit}};
    if (!request.branch_only) {
      refs.push_back({names::before_ref(setting_.environment, request.operation), "", draft.head});
    }
    move_refs(git_, refs, "rollback: " + request.operation);
    return json{{"operation", request.operation},
                {"ref", percent_encode(draft.branch)},
                {"before", draft.head},
                {"after", commit},
                {"config_paths", draft.config_paths},
                {"work_tree_in_swap", request.service_may_run_from_work_tree}}
        .dump();
  }

  Steps steps(const std::string& prepared) override {
    const json data = json::parse(prepared);
    const std::string before = data.at("before"), after = data.at("after");
    const std::string ref = percent_decode(data.at("ref").get<std::string>()).value_or("");
    Steps steps;
    steps.swap.push_back(
        std::make_unique<BranchStep>(git_, ref, before, after, data.at("operation")));
    if (git_.work_tree().empty()) return steps;
    auto& list = data.at("work_tree_in_swap").get<bool>() ? steps.swap : steps.settle;
    list.push_back(std::make_unique<WorkTreeStep>(
        git_, before, after, changes_between(git_, before, after, {}),
        data.at("config_paths").get<std::vector<std::string>>()));
    return steps;
  }

  // What was live may be older than what was checked out; `undo` must find the
  // very tree that was left, undeployed commits and all.
  void leave(const std::string& prepared, PointDraft& left) override {
    left.point.trailers.push_back({head_trailer, {json::parse(prepared).at("before")}});
  }
  void settle(const std::string&) override {}

  void discard(const std::string& operation) override {
    for (const auto& ref :
         {names::branch_ref(operation), names::before_ref(setting_.environment, operation)}) {
      if (exists(ref)) {
        move_refs(git_, {{ref, git_.line({"rev-parse", "--verify", ref}), ""}},
                  "rollback: discard");
      } else {
        clear_stale_locks(git_, {ref});
      }
    }
  }

 private:
  bool exists(const std::string& name) const {
    return git_.ask({"cat-file", "-e", name + "^{commit}"}).status == 0;
  }

  // Of a commit and its whole tree; "" : nothing. A partial clone is not made
  // to fetch what it lacks.
  std::string what_is_missing(const std::string& commit) const {
    const Finished listed =
        git_.ask({"rev-list", "--objects", "--no-walk", "--missing=print", commit, "--"});
    if (listed.status != 0) {
      const Finished shallow = git_.ask({"rev-parse", "--is-shallow-repository"});
      return "commit " + commit + " is not whole in this repository" +
             (shallow.out.starts_with("true") ? ", which is a shallow clone" : "") + ": " +
             listed.err.substr(0, listed.err.find('\n'));
    }
    size_t missing = 0;
    for (const auto line : split(listed.out, '\n')) missing += line.starts_with('?') ? 1 : 0;
    return missing == 0
               ? ""
               : "commit " + commit +
                     " is not whole in this repository: " + count(missing, "object") + " missing";
  }

  static std::string target_of(const Request& request) {
    const std::string head = first_field(request.target.trailers, head_trailer);
    return head.empty() ? request.target.commit : head;
  }

  // Pathspecs of what goes back. Config files are the config part's business:
  // with it, their committed version goes back too; without it, they stay.
  std::vector<std::string> pathspecs() const {
    std::vector<std::string> specs;
    const bool whole = std::any_of(components_.begin(), components_.end(),
                                   [](const CodePaths& c) { return c.pathspecs.empty(); });
    if (whole) {
      specs.emplace_back(":(top)");
    } else {
      for (const auto& component : components_) {
        specs.insert(specs.end(), component.pathspecs.begin(), component.pathspecs.end());
      }
    }
    for (const auto& component : components_) {
      const char* magic = component.with_config ? ":(top,literal)" : ":(top,literal,exclude)";
      for (const auto& path : tracked_by_path(component)) specs.push_back(magic + path);
    }
    return specs;
  }

  static std::vector<std::string> tracked_by_path(const CodePaths& component) {
    std::vector<std::string> files;
    for (const auto& path : component.config) {
      if (!path.starts_with('/')) files.push_back(path);
    }
    return files;
  }

  std::optional<Obstacle> compose(const Request& request, Draft& draft) const {
    draft.branch = current_branch(git_);
    draft.head = git_.line({"rev-parse", "--verify", "HEAD^{commit}"});
    const auto specs = pathspecs();
    const std::string target = target_of(request);
    draft.undone = commits_undone(git_, request.live.commit, target, specs);
    if (!request.drop_undeployed) {
      draft.kept = commits_undeployed(git_, request.live.commit, draft.head);
      for (const auto& commit : draft.kept) {
        if (commit.parent.empty()) return without_parent(commit);
      }
    }
    // Only the paths that go back are at the point: what a kept commit did
    // elsewhere stands on what is live.
    std::string laid = with_changes(request.live.commit,
                                    changes_between(git_, request.live.commit, target, specs));
    if (!draft.kept.empty()) {
      const Laid result = open_replay(git_)->lay(laid, draft.kept);
      if (result.tree.empty()) return conflict(result);
      laid = result.tree;
    }
    draft.changes = changes_between(git_, draft.head, laid, specs);
    draft.tree = with_changes(draft.head, draft.changes);
    for (const auto& component : components_) {
      for (const auto& path : tracked_by_path(component)) draft.config_paths.push_back(path);
    }
    return std::nullopt;
  }

  bool is_shallow() const {
    return git_.ask({"rev-parse", "--is-shallow-repository"}).out == "true\n";
  }

  Obstacle without_parent(const CommitToLay& commit) const {
    Obstacle obstacle{"the undeployed commit " + commit.id.substr(0, 10) +
                          " has no parent here, so that it cannot be kept",
                      {"git rollback --drop-undeployed …   leaves such commits out"}};
    if (is_shallow()) {
      obstacle.hints.insert(obstacle.hints.begin(),
                            "this clone is shallow, get the rest of it: git fetch --unshallow");
    }
    return obstacle;
  }

  Obstacle conflict(const Laid& result) const {
    std::string files;
    for (const auto& path : result.paths) files += (files.empty() ? "'" : ", '") + path + "'";
    const std::string subject =
        git_.line({"log", "-1", "--no-show-signature", "--format=%s", result.conflicting});
    return {"the undeployed commit " + result.conflicting.substr(0, 10) + " (" + subject +
                ") does not apply without what goes: conflict in " + files,
            {"git rollback --drop-undeployed …   leaves such commits out",
             "git revert " + result.conflicting.substr(0, 10) + "   and try again"}};
  }

  // HEAD's tree with some paths changed, made in an index of its own.
  std::string with_changes(const std::string& head, const std::vector<PathChange>& changes) const {
    std::string entries;
    for (const auto& change : changes) {
      entries += change.new_mode + " " + change.new_id + "\t" + change.path + '\0';
    }
    const TemporaryIndex index(git_);
    git_.run({"read-tree", head}, {.set = index.environment()});
    git_.run({"update-index", "-z", "--index-info"},
             {.input = entries, .set = index.environment()});
    return git_.line({"write-tree"}, {.set = index.environment()});
  }

  void describe(const Draft& draft, Assessment& assessment) const {
    assessment.to += ", " + count(draft.undone.size(), "commit") + " undone";
    if (!draft.kept.empty()) {
      assessment.to += ", " + count(draft.kept.size(), "undeployed commit") + " kept";
    }
    assessment.features = features_of(draft.undone);
    for (size_t i = 0; i < draft.undone.size() && i < subjects_shown; ++i) {
      assessment.details.push_back("undoes " + draft.undone[i].id.substr(0, 10) + " " +
                                   draft.undone[i].subject);
    }
    if (draft.undone.size() > subjects_shown) {
      assessment.details.push_back("and undoes " +
                                   count(draft.undone.size() - subjects_shown, "older commit"));
    }
    if (is_shallow()) {
      assessment.details.emplace_back("this clone is shallow: more may be undone than is listed");
    }
    for (const auto& commit : draft.kept) {
      assessment.details.push_back("keeps " +
                                   git_.line({"log", "-1", "--no-show-signature", "--abbrev=10",
                                              "--format=%h %s", commit.id}) +
                                   " (undeployed)");
    }
  }

  std::optional<Obstacle> what_stands_in_the_way(const Draft& draft) const {
    if (const auto ref = ref_in_the_way(git_, names::branch_ref(draft.head))) {
      const std::string name = ref->substr(std::string("refs/heads/").size());
      return Obstacle{"a branch called '" + name + "' stands where the rollback's branch belongs",
                      {"git branch -m " + name + " <another name>"}};
    }
    if (git_.work_tree().empty()) return std::nullopt;
    // A path that is at the target already, as a deploy that was cut short
    // leaves it, is nobody's change.
    const std::string path = where_is(git_, draft.changes, draft.config_paths).foreign;
    if (path.empty()) return std::nullopt;
    return Obstacle{"your local changes to '" + path + "' would be overwritten",
                    {"git stash push --include-untracked -- '" + path + "'"}};
  }

  std::string write_commit(const Request& request, const Draft& draft) const {
    std::vector<std::string> arguments{"commit-tree", draft.tree, "-p", draft.head};
    if (setting_.sign) arguments.emplace_back("-S");
    return git_.line(arguments, {.input = message(request, draft), .set = record_identity(git_)});
  }

  std::string message(const Request& request, const Draft& draft) const {
    std::string text = "Roll back " + component() + " to " + request.target.id + "\n\n";
    if (!draft.kept.empty()) {
      text += "Kept, since not deployed yet:\n";
      for (const auto& commit : draft.kept) {
        text += "  " +
                git_.line({"log", "-1", "--no-show-signature", "--format=%h %s", commit.id}) + "\n";
      }
      text += "\n";
    }
    text +=
        "Rollback-To: " + request.target.id + "\nRollback-Operation: " + request.operation + "\n";
    for (const auto& commit : draft.undone) text += "Reverts: " + commit.id + "\n";
    return text;
  }

  std::vector<CodePaths> components_;
  CodeSetting setting_;
  Git git_;
};

}  // namespace

std::unique_ptr<Part> make_code_part(std::vector<CodePaths> components, CodeSetting setting,
                                     Git git) {
  return std::make_unique<CodePart>(std::move(components), std::move(setting), std::move(git));
}

}  // namespace rollback
