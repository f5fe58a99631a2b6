// Conflicts that are none, solved before anybody is asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/code/merged_tree.h"
#include "store/git.h"

namespace rollback {

struct Settled {
  std::string tree;
  std::string how;  // "only whitespace differs", for people
};

// Does the branch of `ours` have the change as a commit of its own (twins.h)?
enum class Twin { none, there };

// Of a merge that conflicts in these paths: whether a twin is still in `ours`
// (contained.h), whether only whitespace differs, whether rerere has a resolution.
// Nothing: it is a real conflict.
std::optional<Settled> settle(const Git& git, const ThreeTrees& trees,
                              const std::vector<std::string>& paths, Twin twin);

}  // namespace rollback
