// A tree with changes on it that were not written yet.
#pragma once

#include <git2.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "part/code/path_change.h"

namespace rollback {

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
using TreeEntryHandle = std::unique_ptr<git_tree_entry, Free<git_tree_entry_free>>;

// Throws std::runtime_error with libgit2's message where `result` says so.
void check(int result, const std::string& what);
git_oid id_from(const std::string& hex);
std::string hex(const git_oid& id);

struct Blob {
  unsigned mode = 0;  // 0: absent
  git_oid id{};

  bool absent() const { return mode == 0; }
  bool operator==(const Blob& other) const {
    return mode == other.mode && (mode == 0 || git_oid_equal(&id, &other.id) != 0);
  }
};

Blob old_side(const PathChange& change);
Blob new_side(const PathChange& change);

class Overlay {
 public:
  // `tree`: the id of a tree, or of what leads to one.
  Overlay(git_repository* repository, const std::string& tree);

  // What stands at a path: a file, a link or a submodule. A folder's mode is
  // GIT_FILEMODE_TREE.
  Blob at(const std::string& path) const;

  // May a new file stand there, with no file where its folders must be and no
  // folder where it must be?
  bool has_room_for(const std::string& path) const;

  void set(const std::string& path, const Blob& blob) { pending_[path] = blob; }

  // Writes what is pending; the id of the tree. Throws std::runtime_error, also
  // where a file and a folder change places: libgit2 does not write that.
  std::string write();

 private:
  Blob in_tree(const std::string& path) const;
  void refuse_files_in_place_of_folders() const;

  git_repository* repository_;
  TreeHandle tree_;
  std::map<std::string, Blob> pending_;
};

}  // namespace rollback
