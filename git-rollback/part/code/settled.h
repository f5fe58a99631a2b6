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

// Of a merge that conflicts in these paths: whether only whitespace differs, and
// whether rerere has a resolution. Nothing: it is a real conflict.
std::optional<Settled> settle(const Git& git, const ThreeTrees& trees,
                              const std::vector<std::string>& paths);

}  // namespace rollback
