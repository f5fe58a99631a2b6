#include "part/code/scratch_merge.h"

#include <boost/filesystem/operations.hpp>

#include "os/file.h"
#include "store/identity.h"
#include "store/scratch.h"

namespace rollback {
namespace fs = boost::filesystem;

// A git directory of its own beside a work tree, as a linked work tree has one.
ScratchMerge::ScratchMerge(const Git& git, const ThreeTrees& trees)
    : folder_(scratch_path(git.git_dir(), "merge")),
      common_dir_(git.line({"rev-parse", "--path-format=absolute", "--git-common-dir"})),
      git_(folder_, folder_ / "files") {
  ours_ = commit_of(git, trees.ours, "");
  picked_ = commit_of(git, trees.theirs, commit_of(git, trees.base, ""));
  fs::create_directories(folder_ / "files");
  replace_file(folder_ / "commondir", common_dir_.string() + "\n");
  replace_file(folder_ / "HEAD", ours_ + "\n");
}

ScratchMerge::~ScratchMerge() {
  boost::system::error_code ignored;
  fs::remove_all(folder_, ignored);
}

bool ScratchMerge::has_rerere() const {
  const Finished enabled = git_.ask({"config", "--bool", "rerere.enabled"});
  if (enabled.status == 0) return enabled.out == "true\n";
  return fs::exists(common_dir_ / "rr-cache");
}

std::string ScratchMerge::merge(const std::vector<std::string>& options) {
  boost::system::error_code ignored;
  fs::remove_all(folder_ / "files", ignored);
  fs::remove(folder_ / "index.lock", ignored);  // of a git that died of its merge
  fs::create_directories(folder_ / "files");
  git_.run({"read-tree", "--reset", ours_}, {.config = {"core.hooksPath=/dev/null"}});
  std::vector<std::string> arguments{"cherry-pick", "--no-commit"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(picked_);
  const Finished picked =
      git_.ask(arguments, {.set = record_identity(git_),
                           .config = {"merge.directoryRenames=false", "core.hooksPath=/dev/null"}});
  // After a conflict rerere may have put everything right.
  const bool merged = picked.status == 0 ||
                      (picked.status == 1 && picked.out.find("CONFLICT (") != std::string::npos);
  const bool whole = merged && git_.run({"ls-files", "--unmerged", "-z"}).empty();
  if (whole) return git_.line({"write-tree"});
  git_.ask({"rerere", "clear"});  // a plan leaves nothing to be remembered
  return "";
}

}  // namespace rollback
