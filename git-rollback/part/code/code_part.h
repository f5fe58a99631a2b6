// The code part (DESIGN §7): from the point's tree, with the undeployed
// commits laid on it in memory, one new commit on a branch of its own, to
// which the current branch is then moved.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "part/part.h"
#include "store/git.h"

namespace rollback {

// What one component means by its code.
struct CodePaths {
  std::string component;
  std::vector<std::string> pathspecs;  // empty: the whole tree
  std::vector<std::string> config;     // its config files, as .rollback.yml spells them
  bool with_config = false;            // they go back in the same operation
};

// One part for all the components of an operation, since they go back by one
// commit.
std::unique_ptr<Part> make_code_part(std::vector<CodePaths> components, std::string environment,
                                     Git git, bool sign);

}  // namespace rollback
