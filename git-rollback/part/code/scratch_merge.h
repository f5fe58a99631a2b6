// A three-way merge by `git cherry-pick` in a work tree of its own that holds
// only what the merge writes: with git's merge options, and with what rerere
// remembers. Nothing of the user's is touched.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "part/code/merged_tree.h"
#include "store/git.h"

namespace rollback {

class ScratchMerge {
 public:
  ScratchMerge(const Git& git, const ThreeTrees& trees);
  ~ScratchMerge();
  ScratchMerge(const ScratchMerge&) = delete;
  ScratchMerge& operator=(const ScratchMerge&) = delete;

  // With options of git cherry-pick; the tree, or "" after a conflict.
  std::string merge(const std::vector<std::string>& options);

  // Does git remember how conflicts were resolved here (git help rerere)?
  bool has_rerere() const;

 private:
  boost::filesystem::path folder_;
  boost::filesystem::path common_dir_;
  Git git_;
  std::string ours_, picked_;  // commits: what the change of the second is laid on
};

}  // namespace rollback
