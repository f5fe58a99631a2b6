// Notes as lines, whatever the fan-out of their tree.
#pragma once

#include <string>
#include <vector>

#include "store/git.h"

namespace rollback {

struct NoteLine {
  std::string commit;  // the commit that the note is on
  std::string line;

  friend bool operator==(const NoteLine&, const NoteLine&) = default;
};

// The lines of the notes commit `notes` that `other` has not on the same
// commit; of all its notes where `other` is "". Nothing where `notes` is "".
std::vector<NoteLine> lines_only_in(const Git& git, const std::string& notes,
                                    const std::string& other);

}  // namespace rollback
