// A point: a recorded state that can be returned to (DESIGN §2, §3), and the
// message of the annotated tag that holds it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "os/clock.h"
#include "store/kind.h"
#include "store/trailers.h"

namespace rollback {

struct Point {
  std::string id;
  std::string environment;
  std::string host;
  std::string parent;    // the point that this state would go back to; may be empty
  std::string deploy;    // the deploy that brought this state; may be empty
  std::string version;   // may be empty
  std::string commit;    // what was live, a full id
  std::string sentence;  // why it was recorded, for people
  Time at{};             // the tagger's date
  std::map<std::string, std::set<Kind>> parts;  // by component

  // What each part needs to come back. The first field is the component, but
  // for Rollback-Config, which holds the snapshot of all of them. Trailers
  // that this version does not know are here too, and kept.
  std::vector<Trailer> trailers;

  std::string tag_id;  // of the tag object, once it exists

  bool holds(const std::string& component, Kind kind) const;
};

std::string format_point_message(const Point& point);

// Reads what format_point_message wrote. `commit`, `at` and `tag_id` come from
// the tag object and are left alone. Throws Fatal for a format newer than ours,
// and for a message that is no point's.
Point parse_point_message(std::string_view message);

}  // namespace rollback
