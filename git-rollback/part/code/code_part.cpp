#include "part/code/code_part.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "os/counted.h"
#include "os/error.h"
#include "part/code/code_check.h"
#include "part/code/code_steps.h"
#include "part/code/composition.h"
#include "part/code/conflict.h"
#include "part/code/features.h"
#include "part/code/rollback_message.h"
#include "store/identity.h"
#include "store/names.h"
#include "store/trailers.h"

namespace rollback {
namespace {

using nlohmann::json;

constexpr size_t ids_shown = 5;

std::string names_of(const std::vector<CodePaths>& components) {
  std::string text;
  for (const auto& component : components) text += (text.empty() ? "" : ",") + component.component;
  return text;
}

// What assess() came to and prepare() carries out, as it was shown.
struct Basis {
  std::string branch, head;  // where it stood
  std::string tree, message;
  std::vector<std::string> config_paths;
};

std::string to_text(const Basis& basis) {
  return json{{"branch", percent_encode(basis.branch)},
              {"head", basis.head},
              {"tree", basis.tree},
              {"message", percent_encode(basis.message)},
              {"config_paths", basis.config_paths}}
      .dump();
}

Basis basis_from(const std::string& text) {
  const json data = json::parse(text);
  return {.branch = percent_decode(data.at("branch").get<std::string>()).value_or(""),
          .head = data.at("head"),
          .tree = data.at("tree"),
          .message = percent_decode(data.at("message").get<std::string>()).value_or(""),
          .config_paths = data.at("config_paths")};
}

class CodePart : public Part {
 public:
  CodePart(std::vector<CodePaths> components, CodeSetting setting, Git git)
      : Part(names_of(components)),
        setting_(std::move(setting)),
        composing_{.components = std::move(components),
                   .preserve = setting_.preserve,
                   .closure_limit = setting_.closure_limit},
        git_(std::move(git)) {}

  Kind kind() const override { return Kind::code; }
  bool present() override { return exists("HEAD"); }
  void capture(PointDraft&) override {}  // the commit itself is all that is needed
  void forget(const std::string&) override {}

  Assessment assess(const Request& request) override {
    Assessment assessment;
    const std::string target = code_target(request.target), &live = request.live.commit;
    const std::string missing = first_missing({"HEAD", target, live});
    if (missing == "HEAD") {
      assessment.obstacle = Obstacle{"'" + current_branch(git_) + "' has no commit yet",
                                     {"git switch <the branch that is deployed>"}};
      return assessment;
    }
    assessment.from = live.substr(0, 10);
    assessment.to = target.substr(0, 10);
    if (!missing.empty()) {
      assessment.obstacle =
          Obstacle{"commit " + missing + " is not in this repository", {"git fetch"}};
      return assessment;
    }
    const Composition made = compose(git_, composing_, request);
    describe(made, assessment);
    assessment.obstacle = made.obstacle;
    if (assessment.obstacle) return assessment;
    assessment.already = made.changes.empty();
    if (assessment.already) {
      assessment.but_for = kept_in_words(made);
      return assessment;
    }
    if (!request.branch_only) assessment.obstacle = what_stands_in_the_way(made);
    assessment.basis = to_text(basis_of(made, request));
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

  OpenedConflict open_conflict(const Request& request) override {
    const Composition made = compose(git_, composing_, request);
    if (!made.conflict) throw Refused("the conflict is gone");
    return rollback::open_conflict(git_, request, *made.conflict, made.head);
  }
  std::string take_resolution(const std::string& opened) override {
    return rollback::take_resolution(git_, opened);
  }
  ConflictStanding look_at_conflict(const std::string& opened) override {
    return rollback::look_at_conflict(git_, opened);
  }

  std::string prepare(const Request& request) override {
    const Basis basis = request.basis.empty() ? compose_anew(request) : still_there(request.basis);
    const std::string commit = write_commit(basis);
    std::vector<RefChange> refs{{names::branch_ref(request.operation), "", commit}};
    if (!request.branch_only) {
      refs.push_back({names::before_ref(setting_.environment, request.operation), "", basis.head});
    }
    move_refs(git_, refs, "rollback: " + request.operation);
    return json{{"operation", request.operation},
                {"ref", percent_encode(basis.branch)},
                {"before", basis.head},
                {"after", commit},
                {"config_paths", basis.config_paths},
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
    list.push_back(
        std::make_unique<WorkTreeStep>(git_, before, after, changes_of_step(before, after),
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
    discard_conflict(git_, operation);
  }

 private:
  bool exists(const std::string& name) const {
    return git_.ask({"cat-file", "-e", name + "^{commit}"}).status == 0;
  }

  // Of commits; "" : all are there.
  std::string first_missing(const std::vector<std::string>& names) const {
    std::string input;
    for (const auto& name : names) input += name + "^{commit}\n";
    const std::string answer = git_.run({"cat-file", "--batch-check"}, {.input = input});
    const auto lines = split(answer, '\n');
    for (size_t i = 0; i < names.size(); ++i) {
      if (lines.at(i).find(" commit ") == std::string_view::npos) return names[i];
    }
    return "";
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
                     " is not whole in this repository: " + counted(missing, "object") + " missing";
  }

  Basis basis_of(const Composition& made, const Request& request) const {
    MessageSubject subject{.components = {},
                           .whole = false,
                           .point = request.target.id,
                           .operation = request.operation};
    for (const auto& one : composing_.components) {
      subject.components.push_back(one.component);
      subject.whole = subject.whole || one.pathspecs.empty();
    }
    return {.branch = made.branch,
            .head = made.head,
            .tree = made.tree,
            .message = rollback_message(made, subject),
            .config_paths = made.config_paths};
  }

  Basis compose_anew(const Request& request) const {
    const Composition made = compose(git_, composing_, request);
    if (made.obstacle) throw Refused(made.obstacle->reason, made.obstacle->hints);
    return basis_of(made, request);
  }

  // What was shown is what runs, or nothing.
  Basis still_there(const std::string& text) const {
    Basis basis = basis_from(text);
    const std::string branch = current_branch(git_);
    if (branch != basis.branch) {
      throw Refused(
          "HEAD moved since the plan was made, from '" + basis.branch + "' to '" + branch + "'",
          {"git rollback --dry-run"});
    }
    const std::string head = git_.line({"rev-parse", "--verify", "HEAD^{commit}"});
    if (head == basis.head) return basis;
    throw Refused("HEAD moved since the plan was made, from " + basis.head.substr(0, 10) + " to " +
                      head.substr(0, 10),
                  {"git rollback --dry-run"});
  }

  void describe(const Composition& made, Assessment& assessment) const {
    assessment.to += ", " + summary_of(made);
    std::vector<Unit> goes;
    for (const auto& one : made.candidates) {
      if (one.goes()) goes.push_back(one.unit);
    }
    assessment.features = features_of(goes);
    if (!made.changes.empty()) add_components(made, assessment.features);
    assessment.details = lines_about(made);
    add_those_only_here(made, assessment.details);
    if (is_shallow(git_)) {
      assessment.details.emplace_back("this clone is shallow: more may be undone than is listed");
    }
    assessment.details.insert(assessment.details.end(), made.remarks.begin(), made.remarks.end());
  }

  // Those whose paths change.
  void add_components(const Composition& made, std::vector<std::string>& features) const {
    for (const auto& one : composing_.components) {
      const bool alone = composing_.components.size() == 1;
      if (alone ||
          !changes_between(git_, made.head, made.tree, specs_of_what_goes_back({one})).empty()) {
        features.push_back(one.component);
      }
    }
    std::sort(features.begin(), features.end());
    features.erase(std::unique(features.begin(), features.end()), features.end());
  }

  // They stay in the branch's history, and nowhere else.
  void add_those_only_here(const Composition& made, std::vector<std::string>& lines) const {
    const auto only = commits_only_here(git_, made.target, made.head, made.branch);
    const std::set<std::string> ids(only.begin(), only.end());
    size_t number = 0;
    std::string shown;
    for (auto it = made.candidates.rbegin(); it != made.candidates.rend(); ++it) {
      const Candidate& one = *it;
      if (!one.goes() || ids.count(one.unit.commit.id) == 0) continue;
      if (++number <= ids_shown)
        shown += (number == 1 ? "" : ", ") + one.unit.commit.id.substr(0, 10);
    }
    if (number == 0) return;
    lines.push_back(std::to_string(number) + " of those undone " + (number == 1 ? "is" : "are") +
                    " on no remote and no other branch: " + shown +
                    (number > ids_shown ? " and older ones" : ""));
  }

  std::optional<Obstacle> what_stands_in_the_way(const Composition& made) const {
    if (const auto ref = ref_in_the_way(git_, names::branch_ref(made.head))) {
      const std::string name = ref->substr(std::string("refs/heads/").size());
      return Obstacle{"a branch called '" + name + "' stands where the rollback's branch belongs",
                      {"git branch -m " + name + " <another name>"}};
    }
    if (git_.work_tree().empty()) return std::nullopt;
    // A path that is at the target already, as a deploy that was cut short
    // leaves it, is nobody's change.
    const std::string path = where_is(git_, made.changes, made.config_paths).foreign;
    if (path.empty()) return std::nullopt;
    return Obstacle{
        "your local changes to '" + path + "' would be overwritten",
        {std::string("git stash push ") +
         (git_.ask({"check-ignore", "-q", "--", path}).status == 0 ? "--all"
                                                                   : "--include-untracked") +
         " -- '" + path + "'"}};
  }

  std::string write_commit(const Basis& basis) const {
    std::vector<std::string> arguments{"commit-tree", basis.tree, "-p", basis.head};
    if (setting_.sign) arguments.emplace_back("-S");
    return git_.line(arguments, {.input = basis.message, .set = record_identity(git_)});
  }

  // Asked for by each phase of an operation.
  const std::vector<PathChange>& changes_of_step(const std::string& before,
                                                 const std::string& after) {
    const auto [known, is_new] = step_changes_.try_emplace({before, after});
    if (is_new) known->second = changes_between(git_, before, after, {});
    return known->second;
  }

  std::map<std::pair<std::string, std::string>, std::vector<PathChange>> step_changes_;
  CodeSetting setting_;
  CompositionSetting composing_;
  Git git_;
};

}  // namespace

std::unique_ptr<Part> make_code_part(std::vector<CodePaths> components, CodeSetting setting,
                                     Git git) {
  return std::make_unique<CodePart>(std::move(components), std::move(setting), std::move(git));
}

}  // namespace rollback
