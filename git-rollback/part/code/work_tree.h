// Where the files of a work tree and its index stand between two commits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "part/code/path_change.h"
#include "store/git.h"

namespace rollback {

// Between two trees, limited by pathspecs; no renames.
std::vector<PathChange> changes_between(const Git& git, const std::string& old_tree,
                                        const std::string& new_tree,
                                        const std::vector<std::string>& pathspecs);

// What an index has of some changes, in their order.
struct InIndex {
  bool sparse = false;                // a sparse checkout
  std::vector<bool> known, left_out;  // has an entry; whose file is not to be there
};

struct Place {
  bool at_old = true, at_new = true;  // everything there, in index and files
  std::string foreign;                // a path that is at neither; "": none
  InIndex in_index;
};

// What a file is worth that holds the beginning of one side's content, no more.
enum class CutShort {
  is_a_change,   // somebody's
  is_as_missing  // git was stopped, or had no space, while it wrote it
};

// `files_elsewhere`: paths whose files somebody else looks after (the config
// part); only their index entries count.
Place where_is(const Git& git, const std::vector<PathChange>& changes,
               const std::vector<std::string>& files_elsewhere,
               CutShort cut_short = CutShort::is_a_change);

// Those of the changes whose file, filters applied, is as on the new side,
// whatever the index has.
std::vector<PathChange> at_new_side(const Git& git, const std::vector<PathChange>& changes);

// Where there is no index, as in a bare repository whose files another tool
// checked out, the files are taken for HEAD's by where_is(); this writes an
// index of that commit, and leaves one that is there. True when it wrote one.
bool make_missing_index(const Git& git, const std::string& commit);

enum class Side { old_side, new_side };

// Brings index and files of exactly these paths to one side. May be called again
// after a kill. The flock must be held. `seen`: what the index has of them, where
// that was looked at just before.
void bring_to(const Git& git, Side side, const std::vector<PathChange>& changes,
              const std::vector<std::string>& files_elsewhere, std::optional<InIndex> seen = {});

}  // namespace rollback
