// Whether a file has a change already, although it does not merge.
#pragma once

#include <string>
#include <string_view>

#include "store/git.h"

namespace rollback {

// Of a merge in diff3 style, with markers of this length: in every conflict, each
// run of lines that theirs adds to the base stands in ours, next to the same line
// before or after it, and none that it takes away does. A conflict in which it only
// takes away lines says nothing, and counts as no. Pure.
bool is_contained(std::string_view merged, size_t marker_length);

// Of three blobs, by `git merge-file` ("" for one that is not there): the blob with
// what merges of theirs, and ours where it conflicts; "" where that lacks something
// of the change.
std::string blob_where_contained(const Git& git, const std::string& base, const std::string& ours,
                                 const std::string& theirs);

}  // namespace rollback
