// The points that retention must not take, and that `verify` looks at first.
#pragma once

#include <set>
#include <string>

#include "plan/pruned.h"
#include "session/standing.h"

namespace rollback {

struct NeededPoints {
  std::string parent;       // of live, or the open deploy's own; "" : none
  std::string last_stable;  // by verdict, and its backups not pruned; "" : none

  std::set<std::string> points;  // must stay: also those on the way to last_stable
  std::set<std::string> tables;  // must stay with backups, displaced tables and release
};

// Read-only. Live's parent, an open deploy, the last stable and the way to it,
// and what `undo` needs of every rollback since the last deploy.
NeededPoints needed_points(const Standing& standing, int min_score);

// What retention removed here so far.
Pruned pruned_in(const Standing& standing);

}  // namespace rollback
