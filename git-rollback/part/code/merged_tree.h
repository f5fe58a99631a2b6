// Trees made and merged by git's plumbing: its own merge decides.
#pragma once

#include <string>
#include <vector>

#include "part/code/path_change.h"
#include "part/code/replay/replay.h"
#include "store/git.h"

namespace rollback {

// The id of the tree that something leads to; of the empty tree for "".
std::string tree_of(const Git& git, const std::string& id);

// A commit that holds a tree, for commands that take no tree; "" : no parent.
std::string commit_of(const Git& git, const std::string& tree, const std::string& parent);

// A tree with some paths as on their new side, made in an index of its own.
std::string tree_with(const Git& git, const std::string& tree,
                      const std::vector<PathChange>& changes);

// A three-way merge to be made; ids of trees.
struct ThreeTrees {
  std::string base, ours, theirs;
};

// What laying this commit on `ours` merges.
ThreeTrees trees_of(const Git& git, const std::string& ours, const CommitToLay& commit);

struct MergedTree {
  struct Stage {
    std::string mode, id;
    int stage = 0;  // 1 base, 2 ours, 3 theirs
    std::string path;
  };
  bool clean = true;
  std::string tree;           // conflicting files have conflict markers in them
  std::vector<Stage> stages;  // of conflicting paths

  std::vector<std::string> conflicting_paths() const;  // sorted
};

MergedTree merge_trees(const Git& git, const ThreeTrees& trees);

}  // namespace rollback
