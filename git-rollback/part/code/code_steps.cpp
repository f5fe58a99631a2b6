#include "part/code/code_steps.h"

#include <utility>

#include "os/file.h"

namespace rollback {

std::string current_branch(const Git& git) {
  const Finished answer = git.ask({"symbolic-ref", "--quiet", "HEAD"});
  return answer.status == 0 ? answer.out.substr(0, answer.out.find('\n')) : "HEAD";
}

BranchStep::BranchStep(const Git& git, std::string ref, std::string before, std::string after,
                       std::string operation)
    : git_(git),
      ref_(std::move(ref)),
      before_(std::move(before)),
      after_(std::move(after)),
      operation_(std::move(operation)) {}

Step::Seen BranchStep::observe() {
  if (moved_) return {Observation::after};
  if (move_ && !tried_ && head_names_it())
    return {Observation::before};  // the move checks where it stands
  // One process for both, since this stands in the swap.
  const std::string answer = git_.run({"rev-parse", "HEAD", "--symbolic-full-name", "HEAD"});
  const auto lines = split(answer, '\n');
  const std::string now(lines.at(0));
  // Where a branch or a tag is called HEAD, git has no full name for it.
  const std::string branch = lines.size() > 1 ? std::string(lines[1]) : current_branch(git_);
  if (branch != ref_) {
    const bool applied = git_.ask({"rev-parse", "--verify", "--quiet", ref_}).out == after_ + "\n";
    const std::string name = ref_.starts_with("refs/heads/") ? ref_.substr(11) : before_;
    return {Observation::foreign, "HEAD is now on '" + branch + "', not on '" + ref_ + "'",
            "git switch " + name, !applied};
  }
  if (now == after_) return {Observation::after};
  if (now == before_) return {Observation::before};
  const bool applied = git_.ask({"merge-base", "--is-ancestor", after_, now}).status == 0;
  return {Observation::foreign, "'" + ref_ + "' was moved to " + now.substr(0, 10),
          "git branch keep-" + now.substr(0, 10) + " && git reset --soft " +
              (applied ? after_ : before_),
          !applied};
}

// As far as the file says; where git keeps HEAD elsewhere, git is asked.
bool BranchStep::head_names_it() const {
  const auto head = read_file_if_there(git_.git_dir() / "HEAD");
  return head == (ref_ == "HEAD" ? before_ : "ref: " + ref_) + "\n";
}

void BranchStep::get_ready() {
  if (observe().what != Observation::before) return;
  move_.emplace(git_, std::vector<RefChange>{{ref_, before_, after_}}, "rollback: " + operation_);
}

void BranchStep::apply() {
  // git ends by itself; it is waited for when the swap is over.
  tried_ = true;
  if (move_) moved_ = move_->commit();
  if (moved_) return;
  move_.reset();
  move_refs(git_, {{ref_, before_, after_}}, "rollback: " + operation_);
}

void BranchStep::revert() {
  moved_ = false;
  move_refs(git_, {{ref_, after_, before_}}, "rollback: " + operation_ + " (back)");
}

WorkTreeStep::WorkTreeStep(const Git& git, std::string before, std::string after,
                           std::vector<PathChange> changes,
                           std::vector<std::string> files_elsewhere)
    : git_(git),
      before_(std::move(before)),
      after_(std::move(after)),
      changes_(std::move(changes)),
      files_elsewhere_(std::move(files_elsewhere)) {}

Step::Seen WorkTreeStep::observe() {
  const bool may_be_cut_short = tried_ || git_.may_have_stale_locks();
  Place place = where_is(git_, changes_, files_elsewhere_,
                         may_be_cut_short ? CutShort::is_as_missing : CutShort::is_a_change);
  seen_ = std::move(place.in_index);
  if (!place.foreign.empty()) {
    return {Observation::foreign, "'" + place.foreign + "' was changed by somebody else",
            "git stash push --include-untracked -- '" + place.foreign + "'"};
  }
  if (place.at_new) return {Observation::after};
  if (place.at_old) return {Observation::before};
  return {Observation::between};
}

void WorkTreeStep::bring(Side side, const std::string& from) {
  tried_ = true;
  if (make_missing_index(git_, from)) seen_.reset();
  bring_to(git_, side, changes_, files_elsewhere_, std::exchange(seen_, std::nullopt));
}

void WorkTreeStep::apply() { bring(Side::new_side, before_); }

void WorkTreeStep::revert() { bring(Side::old_side, after_); }

}  // namespace rollback
