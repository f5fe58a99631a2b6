// The files of a work tree as git would add them, so that they can be compared
// with trees and index.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "part/code/path_change.h"
#include "store/git.h"

namespace rollback {

inline constexpr std::string_view absent = "000000";
inline constexpr std::string_view submodule = "160000";

// The mode of a path whose folder is something else: the id names what, then.
inline constexpr std::string_view out_of_reach = "out of reach";

struct Entry {
  std::string mode{absent}, id;
  bool skip = false;  // not in a sparse checkout
  bool operator==(const Entry& other) const {
    return mode == other.mode && (mode == absent || id == other.id);
  }
};

// What git's configuration says about the files of this work tree.
struct Habits {
  bool modes_count = true, links_are_files = false, sparse = false;
};

Habits habits_of(const Git& git);

// Of each change, in their order; filters applied, or left out where that is what
// either side has. What is found through a link is not there, as git sees it: by
// a change of ours, or by somebody else's; nor is what has a file above it.
std::vector<Entry> read_files(const Git& git, const std::vector<PathChange>& changes,
                              const Habits& habits);

}  // namespace rollback
