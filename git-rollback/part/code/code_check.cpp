#include "part/code/code_check.h"

#include <boost/filesystem/operations.hpp>
#include <utility>

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// What git itself was stopped in the middle of, by the file that says so.
constexpr std::pair<const char*, const char*> unfinished[] = {{"MERGE_HEAD", "merge"},
                                                              {"rebase-merge", "rebase"},
                                                              {"rebase-apply", "rebase"},
                                                              {"CHERRY_PICK_HEAD", "cherry-pick"},
                                                              {"REVERT_HEAD", "revert"}};

}  // namespace

std::vector<Check> check_code(const Git& git) {
  if (git.ask({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"}).status != 0) {
    return {problem("there is no commit yet", "git commit")};
  }
  std::vector<Check> checks;
  boost::system::error_code ignored;
  for (const auto& [file, what] : unfinished) {
    if (!fs::exists(git.git_dir() / file, ignored)) continue;
    checks.push_back(warn(std::string("a ") + what +
                              " is not finished: what it changed counts as"
                              " local changes",
                          std::string("git ") + what + " --continue, or --abort"));
  }
  const fs::path lock = git.git_dir() / "index.lock";
  if (fs::exists(lock, ignored)) {
    checks.push_back(problem("'" + lock.string() +
                                 "' is there: another git works here, or one"
                                 " was killed",
                             "when none does: rm '" + lock.string() + "'"));
  }
  const Finished branch = git.ask({"symbolic-ref", "--quiet", "--short", "HEAD"});
  if (branch.status != 0) {
    checks.push_back(
        warn("HEAD is detached: a rollback moves it, and no branch", "git switch <branch>"));
  } else {
    checks.push_back(
        fine("a rollback moves the branch '" + branch.out.substr(0, branch.out.find('\n')) + "'"));
  }
  return checks;
}

}  // namespace rollback
