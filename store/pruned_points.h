// Points that were pruned do not return. Each left an event that names it, in
// the clone that pruned it, and so in every clone that has its events.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/git.h"

namespace rollback {

// The refs that they had (names::point_ref), by the events of these notes
// commits; "" among them is passed over.
std::set<std::string> pruned_points(const Git& git, const std::vector<std::string>& notes);

}  // namespace rollback
