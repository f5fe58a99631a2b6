// The linked work tree in which a person resolves a conflict of the code part:
// what git would leave after a cherry-pick that stopped, away from all that is live.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "store/git.h"

namespace rollback {

// A kept commit that does not apply. Trees are named by id, or by a commit that
// has them.
struct ConflictToOpen {
  std::string target;                      // the point, for the labels of conflict markers
  std::string head;                        // the commit that the plan stands on
  std::string ours;                        // tree: what was laid so far
  std::string base, theirs;                // trees: what the commit found, and what it made of it
  std::string commit;                      // its id
  std::vector<std::string> resolved = {};  // trees that a person made of earlier ones
};

struct LaidOutConflict {
  std::string start;               // the commit checked out there; its tree is `ours`
  std::vector<std::string> paths;  // to be resolved; empty: all was resolved by git itself
};

class ConflictWorkTree {
 public:
  ConflictWorkTree(const Git& git, const std::string& operation);

  const boost::filesystem::path& folder() const { return folder_; }

  // Makes it, or takes it for the next conflict, whatever stands in it. Nothing
  // that it needs, nor `resolved`, is lost to `git gc` as long as it stands.
  // What git merges by itself, or rerere has recorded, is resolved and staged.
  LaidOutConflict lay_out(const ConflictToOpen& conflict);

  bool stands() const;

  // Not resolved yet: unmerged in its index. Nothing when it is not there.
  std::vector<std::string> unresolved() const;

  // The id of the tree that the person made of it; rerere records how. Refused,
  // with what to type, where there is anything left to do.
  std::string take(const LaidOutConflict& laid_out);

  // Also what a kill half way left of it. May be called again; no other work
  // tree is touched.
  void remove();

 private:
  void check_out(const std::string& start);
  Finished merge(const ConflictToOpen& conflict, const std::string& start, bool with_renames) const;
  std::vector<std::string> added_by_person(const LaidOutConflict& laid_out) const;
  void refuse_doubtful(const LaidOutConflict& laid_out) const;
  std::string commit(const std::string& tree, const std::string& parent,
                     const std::string& message) const;

  Git git_;
  std::string operation_;
  boost::filesystem::path common_dir_, folder_;
  Git there_;
};

}  // namespace rollback
