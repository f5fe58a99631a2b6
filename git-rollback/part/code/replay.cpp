#include "part/code/replay.h"

#include <dlfcn.h>

#include <boost/filesystem/operations.hpp>
#include <set>

#include "os/error.h"
#include "store/identity.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// git merge-tree finds the merge base by history and takes no tree for it, so
// each merge is between two commits made for it, with a common parent.
class PlumbingReplay : public Replay {
 public:
  explicit PlumbingReplay(const Git& git) : git_(git), identity_(record_identity(git)) {}

  Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) override {
    std::string ours = tree_of(tree);
    for (const auto& commit : commits) {
      const std::string base = tree_of(commit.parent);
      const std::string theirs = tree_of(commit.id);
      if (base == theirs) continue;
      if (base == ours) {
        ours = theirs;
        continue;
      }
      const std::string root = this->commit(base, "");
      const Finished merged =
          git_.ask({"merge-tree", "--write-tree", "-z", "--name-only", "--no-messages",
                    this->commit(ours, root), this->commit(theirs, root)});
      const auto fields = split(merged.out, '\0');
      if (merged.status > 1 || fields.empty()) {
        throw Fatal("cannot lay " + commit.id + ": " + merged.err);
      }
      if (merged.status == 1) {
        const std::set<std::string> paths(fields.begin() + 1, fields.end());
        return {.tree = "", .conflicting = commit.id, .paths = {paths.begin(), paths.end()}};
      }
      ours = std::string(fields[0]);
    }
    return {.tree = ours, .conflicting = ""};
  }

 private:
  std::string tree_of(const std::string& id) const {
    return git_.line({"rev-parse", "--verify", id + "^{tree}"});
  }

  std::string commit(const std::string& tree, const std::string& parent) const {
    std::vector<std::string> arguments{"commit-tree", tree, "-m", "merged in memory"};
    if (!parent.empty()) arguments.insert(arguments.end(), {"-p", parent});
    return git_.line(arguments, {.set = identity_});
  }

  const Git& git_;
  std::map<std::string, std::string> identity_;
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

// libgit2 fetches no object of a partial clone, for one.
class ReplayWithFallback : public Replay {
 public:
  ReplayWithFallback(std::unique_ptr<Replay> first, const Git& git)
      : first_(std::move(first)), git_(git) {}

  Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) override {
    Laid laid = first_->lay(tree, commits);
    return laid.problem.empty() ? laid : open_plumbing_replay(git_)->lay(tree, commits);
  }

 private:
  std::unique_ptr<Replay> first_;
  const Git& git_;
};

// libgit2 would merge without asking them.
bool has_merge_drivers(const Git& git) {
  return git.ask({"config", "--get-regexp", "^merge\\..*\\.driver$"}).status == 0;
}

}  // namespace

std::unique_ptr<Replay> open_replay(const Git& git) {
  auto replay = has_merge_drivers(git) ? nullptr : open_libgit2_replay(git);
  if (!replay) return open_plumbing_replay(git);
  return std::make_unique<ReplayWithFallback>(std::move(replay), git);
}

}  // namespace rollback
