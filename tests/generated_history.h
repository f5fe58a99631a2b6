// A history from a seed, written by one `git fast-import`: ordinary and empty
// commits, merges (also of three, also with changes of their own), reverts,
// cherry-picks, clocks that went wrong.
#pragma once

#include <string>
#include <vector>

#include "store/git.h"

namespace rollback::testing {

struct GeneratedUnit {
  std::string id;
  std::string parent;  // its first; "": the root
  bool merge = false;
  std::string what;  // happened, for a person who looks into a failure
};

// By first parent, oldest first, the root too. Branch `main` stands at the last
// one; nothing is checked out. The same seed makes the same ids.
std::vector<GeneratedUnit> generate_history(const Git& git, unsigned seed, size_t units);

}  // namespace rollback::testing
