// How two states of one live chain stand to each other, by first parents.
#pragma once

#include <string>

#include "store/git.h"

namespace rollback {

enum class History { same, ours_continues_theirs, theirs_continues_ours, diverged };

// Both are ids of record commits; "" : there is no chain, which any continues.
History compare_live(const Git& git, const std::string& ours, const std::string& theirs);

// What is wrong with the records that `tip` has beyond `known` ("" : all of
// them), since anybody may push anything: each is a commit with the empty tree
// that names its second parent as what was deployed. "" : nothing.
std::string problem_of_live(const Git& git, const std::string& tip, const std::string& known);

}  // namespace rollback
