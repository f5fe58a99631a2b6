// The code part (DESIGN §7): from the point's tree, with the kept
// commits laid on it in memory, one new commit on a branch of its own, to
// which the current branch is then moved.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "part/code/code_paths.h"
#include "part/code/settings.h"
#include "part/part.h"
#include "store/git.h"

namespace rollback {

struct CodeSetting {
  std::string environment;
  bool sign = false;  // commit.gpgSign
  PreserveSettings preserve = {};
  long long closure_limit = 50;  // rollback.closureLimit: the most commits that a closure may add
};

// One part for all the components of an operation, since they go back by one
// commit.
std::unique_ptr<Part> make_code_part(std::vector<CodePaths> components, CodeSetting setting,
                                     Git git);

}  // namespace rollback
