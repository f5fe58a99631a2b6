// What commits of `git revert` take back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "part/code/history.h"
#include "store/git.h"

namespace rollback {

struct Revert {
  std::string of;     // a full id
  bool whole = true;  // its change is exactly the reverse of that one's
};
using Reverts = std::map<std::string, std::vector<Revert>>;  // by the commit that reverts

// The ids after the words of `git revert`, at least 7 digits of each.
std::vector<std::string> ids_named_by_revert(const Commit& commit);

// Among these commits. Whole by blobs that are the same in reverse, or by patch id
// (git help patch-id): a revert may be cut down before it is committed.
Reverts find_reverts(const Git& git, const std::vector<const Commit*>& commits);

}  // namespace rollback
