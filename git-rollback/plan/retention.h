// Retention (DESIGN §5): which points, backups and displaced tables go, and why.
// Pure: what is kept and what is needed stands in the Holdings.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "os/clock.h"
#include "part/part.h"

namespace rollback {

// `retention:` of .rollback.yml; what is not written there sets no limit.
struct Retention {
  struct Age {
    std::chrono::milliseconds limit{0};
    std::string words;  // as it was written, for messages
  };
  struct Size {
    std::int64_t bytes = 0;
    std::string words;
  };
  struct Share {  // of a filesystem: either of them
    std::int64_t bytes = 0;
    int percent = 0;
    std::string words;
  };

  std::optional<int> points;      // so many points of this host stay
  std::optional<int> backups;     // so many points keep their backups
  std::optional<Age> displaced;   // tables displaced longer ago go
  std::optional<Size> max_bytes;  // of all backups and displaced tables together
  std::optional<Share> min_free;  // on the filesystem of each database

  bool needs_sizes() const { return max_bytes || min_free; }
  bool limits_anything() const { return points || backups || displaced || max_bytes || min_free; }
};

struct HeldPoint {
  std::string id;
  bool needed = false;         // it stays
  bool tables_needed = false;  // and so do its backups or displaced tables
};

struct Holdings {
  std::vector<HeldPoint> points;  // that this host recorded, newest first
  std::vector<KeptTable> tables;  // those of no point here are nobody's business
  std::vector<Volume> volumes;
  std::set<std::string> unfinished;  // points whose tables an earlier run was to remove
  Time now{};
};

struct Removal {
  enum class What {
    point,      // with all that is kept for it
    backups,    // the point itself stays
    displaced,  // likewise; its point is what the operation left
    rest,       // what a run that was killed had still to remove
  };
  What what = What::point;
  std::string point;
  std::vector<KeptTable> tables;
  std::string why;  // "past the 50 points kept"

  std::string operation() const;  // that displaced the tables; "" : none
  std::int64_t bytes() const;
  std::string words() const;  // one line for people: what, how much, why
};

// Points past Retention::points that none of the removals takes.
struct Staying {
  int limit = 0;
  int needed = 0;     // HeldPoint::needed
  int displaced = 0;  // with displaced tables, which are too young or have no limit

  int points() const { return needed + displaced; }
  std::string words() const;  // one line for people
};
Staying points_that_stay(const Retention& retention, const Holdings& holdings,
                         const std::vector<Removal>& removals);

// Oldest first. A point whose displaced tables may not go yet stays with them.
std::vector<Removal> plan_retention(const Retention& retention, const Holdings& holdings);

}  // namespace rollback
