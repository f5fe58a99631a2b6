// Recomputes what points recorded, and says what is no longer so.
#pragma once

#include <string>
#include <vector>

#include "part/part.h"
#include "session/session.h"

namespace rollback {

struct Verification {
  std::string point;
  std::vector<Finding> findings;  // those of a part begin with its name

  bool good() const;          // neither of these
  bool damaged() const;       // something is wrong
  bool out_of_reach() const;  // something could not be looked at
};

struct WhatToVerify {
  std::vector<std::string> words;  // each names a point; none: see verify_points
  bool all = false;
};

// Read-only. Without words: what a rollback would need now, live's parent and
// the last stable point. Usage for a word that names no point. A damaged point
// is a finding, never an error.
std::vector<Verification> verify_points(const Session& session, const WhatToVerify& what);

// Deletes the index and builds it anew; how many points it then holds.
size_t rebuild_index(const Session& session);

}  // namespace rollback
