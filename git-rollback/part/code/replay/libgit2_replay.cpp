// The module that lays commits with libgit2: a three-way merge of trees for
// each, identical subtrees never opened.
#include <git2.h>

#include <memory>
#include <set>
#include <stdexcept>

#include "part/code/replay/replay.h"

namespace rollback {
namespace {

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* handle) const {
    free_function(handle);
  }
};
using RepositoryHandle = std::unique_ptr<git_repository, Free<git_repository_free>>;
using TreeHandle = std::unique_ptr<git_tree, Free<git_tree_free>>;
using ObjectHandle = std::unique_ptr<git_object, Free<git_object_free>>;
using IndexHandle = std::unique_ptr<git_index, Free<git_index_free>>;
using ConflictsHandle =
    std::unique_ptr<git_index_conflict_iterator, Free<git_index_conflict_iterator_free>>;

std::string last_error() {
  const git_error* error = git_error_last();
  return error != nullptr && error->message != nullptr ? error->message : "unknown error";
}

void check(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + ": " + last_error());
}

std::string hex(const git_oid* id) {
  char text[GIT_OID_HEXSZ + 1];
  git_oid_tostr(text, sizeof text, id);
  return text;
}

std::vector<std::string> conflicting_paths(git_index* index) {
  std::set<std::string> paths;
  git_index_conflict_iterator* raw = nullptr;
  check(git_index_conflict_iterator_new(&raw, index), "cannot list the conflicts");
  const ConflictsHandle iterator(raw);
  const git_index_entry *ancestor = nullptr, *ours = nullptr, *theirs = nullptr;
  while (git_index_conflict_next(&ancestor, &ours, &theirs, raw) == 0) {
    for (const auto* entry : {ancestor, ours, theirs}) {
      if (entry != nullptr) paths.insert(entry->path);
    }
  }
  return {paths.begin(), paths.end()};
}

class Libgit2Replay : public Replay {
 public:
  explicit Libgit2Replay(RepositoryHandle repository) : repository_(std::move(repository)) {}

  Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) override try {
    return lay_in_memory(tree, commits);
  } catch (const std::exception& error) {
    return {.tree = "", .conflicting = "", .paths = {}, .problem = error.what()};
  }

 private:
  Laid lay_in_memory(const std::string& tree, const std::vector<CommitToLay>& commits) {
    TreeHandle ours = tree_of(tree);
    for (const auto& commit : commits) {
      const TreeHandle base = tree_of(commit.parent);
      TreeHandle theirs = tree_of(commit.id);
      if (git_oid_equal(git_tree_id(base.get()), git_tree_id(theirs.get())) != 0) continue;
      if (git_oid_equal(git_tree_id(base.get()), git_tree_id(ours.get())) != 0) {
        ours = std::move(theirs);
        continue;
      }
      git_merge_options options;
      git_merge_options_init(&options, GIT_MERGE_OPTIONS_VERSION);
      git_index* raw = nullptr;
      check(
          git_merge_trees(&raw, repository_.get(), base.get(), ours.get(), theirs.get(), &options),
          "cannot lay " + commit.id);
      const IndexHandle merged(raw);
      if (git_index_has_conflicts(raw) != 0) {
        return {.tree = "", .conflicting = commit.id, .paths = conflicting_paths(raw)};
      }
      git_oid id;
      check(git_index_write_tree_to(&id, raw, repository_.get()), "cannot write a tree");
      ours = tree_of(hex(&id));
    }
    return {.tree = hex(git_tree_id(ours.get())), .conflicting = ""};
  }

  TreeHandle tree_of(const std::string& id) {
    git_oid oid;
    check(git_oid_fromstr(&oid, id.c_str()), "'" + id + "' is no id");
    git_object* raw = nullptr;
    check(git_object_lookup(&raw, repository_.get(), &oid, GIT_OBJECT_ANY), "cannot read " + id);
    const ObjectHandle object(raw);
    git_object* peeled = nullptr;
    check(git_object_peel(&peeled, raw, GIT_OBJECT_TREE), "cannot read the tree of " + id);
    return TreeHandle(reinterpret_cast<git_tree*>(peeled));
  }

  RepositoryHandle repository_;
};

}  // namespace
}  // namespace rollback

extern "C" __attribute__((visibility("default"))) rollback::Replay* git_rollback_open_replay(
    const char* git_dir, std::string& error) {
  git_libgit2_init();
  // Ownership was checked by git itself before we came here; libgit2 1.5 knows
  // less of safe.directory and would say "not found".
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
  git_repository* raw = nullptr;
  if (git_repository_open_ext(&raw, git_dir, GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) < 0) {
    error = rollback::last_error();
    return nullptr;
  }
  return new rollback::Libgit2Replay(rollback::RepositoryHandle(raw));
}
