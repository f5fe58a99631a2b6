// Commits whose change another branch has as a commit of its own.
#pragma once

#include <set>
#include <string>

#include "store/git.h"

namespace rollback {

// Those of `to`, and not of `from`, whose change `from` has as well: picked, with
// the same patch id (git help cherry). What became of it there is not looked at.
// None where `from` is an ancestor.
std::set<std::string> commits_with_twins(const Git& git, const std::string& from,
                                         const std::string& to);

}  // namespace rollback
