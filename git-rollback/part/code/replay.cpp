#include "part/code/replay.h"

#include <dlfcn.h>

#include <boost/filesystem/operations.hpp>
#include <map>
#include <utility>

#include "part/code/merged_tree.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// git merge-tree finds the merge base by history and takes no tree for it, so
// each merge is between two commits made for it, with a common parent.
class PlumbingReplay : public Replay {
 public:
  explicit PlumbingReplay(const Git& git) : git_(git) {}

  Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) override {
    Laid laid{.tree = tree_of(git_, tree)};
    for (const auto& commit : commits) {
      const auto [known, is_new] = merged_.try_emplace({laid.tree, commit.id});
      if (is_new) known->second = lay_one(laid.tree, commit);
      const Laid& one = known->second;
      if (one.count == 0) {
        laid.paths = one.paths;
        break;
      }
      laid.tree = one.tree;
      ++laid.count;
    }
    return laid;
  }

  Laid with_changes(const std::string& tree, const std::vector<PathChange>& changes) override {
    return {.tree = tree_with(git_, tree, changes)};
  }

 private:
  Laid lay_one(const std::string& tree, const CommitToLay& commit) {
    const ThreeTrees trees = trees_of(git_, tree, commit);
    if (trees.base == trees.ours) return {.tree = trees.theirs, .count = 1};
    if (trees.base == trees.theirs) return {.tree = trees.ours, .count = 1};
    const MergedTree merged = merge_trees(git_, trees);
    if (merged.clean) return {.tree = merged.tree, .count = 1};
    return {.tree = trees.ours, .count = 0, .paths = merged.conflicting_paths()};
  }

  const Git& git_;
  // Of a tree and a commit: a closure tries the same again and again.
  std::map<std::pair<std::string, std::string>, Laid> merged_;
};

OpenReplay load_module() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path file =
      (program.parent_path() / GIT_ROLLBACK_MODULE_DIR / "replay.so").lexically_normal();
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays until the process ends
  if (module == nullptr) return nullptr;
  return reinterpret_cast<OpenReplay>(dlsym(module, open_replay_symbol));
}

}  // namespace

std::unique_ptr<Replay> open_plumbing_replay(const Git& git) {
  return std::make_unique<PlumbingReplay>(git);
}

std::unique_ptr<Replay> open_libgit2_replay(const Git& git) {
  static const OpenReplay open = load_module();
  if (open == nullptr) return nullptr;
  std::string error;
  return std::unique_ptr<Replay>(open(git.git_dir().c_str(), error));
}

namespace {

// libgit2 lays what it can, git the rest: all of it where libgit2 fails, as on
// an object that a partial clone has yet to fetch.
class ReplayOfBoth : public Replay {
 public:
  ReplayOfBoth(std::unique_ptr<Replay> first, const Git& git)
      : first_(std::move(first)), plumbing_(git), git_(git) {}

  Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) override {
    Laid laid{.tree = commits.empty() ? tree_of(git_, tree) : tree};
    while (laid.count < commits.size()) {
      Laid more = first_->lay(laid.tree, rest_of(commits, laid.count));
      if (!more.problem.empty()) more = plumbing_.lay(laid.tree, rest_of(commits, laid.count));
      laid.tree = more.tree;
      laid.count += more.count;
      if (laid.count == commits.size()) break;
      more = plumbing_.lay(laid.tree, {commits[laid.count]});
      laid.tree = more.tree;
      laid.count += more.count;
      laid.paths = more.paths;
      if (more.count == 0) break;
    }
    return laid;
  }

  Laid with_changes(const std::string& tree, const std::vector<PathChange>& changes) override {
    Laid laid = first_->with_changes(tree, changes);
    return laid.problem.empty() ? laid : plumbing_.with_changes(tree, changes);
  }

 private:
  static std::vector<CommitToLay> rest_of(const std::vector<CommitToLay>& commits, size_t from) {
    return {commits.begin() + static_cast<std::ptrdiff_t>(from), commits.end()};
  }

  std::unique_ptr<Replay> first_;
  PlumbingReplay plumbing_;
  const Git& git_;
};

// What libgit2 would merge without asking.
bool has_merges_of_its_own(const Git& git) {
  return git.ask({"config", "--get-regexp", "^merge\\.(default|renormalize|.*\\.driver)$"})
             .status == 0;
}

}  // namespace

std::unique_ptr<Replay> open_replay(const Git& git) {
  auto replay = has_merges_of_its_own(git) ? nullptr : open_libgit2_replay(git);
  if (!replay) return open_plumbing_replay(git);
  return std::make_unique<ReplayOfBoth>(std::move(replay), git);
}

}  // namespace rollback
