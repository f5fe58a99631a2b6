// What retention removed, as the events tell. A tag that is fetched again does
// not bring a pruned point back, and a trailer that names a pruned backup does
// not promise it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/event.h"

namespace rollback {

struct Pruned {
  std::map<std::string, Time> points;   // by id, when
  std::map<std::string, Time> backups;  // of these points, which may still be there
  // By component and name; one of that name may have been deployed again since.
  std::map<std::pair<std::string, std::string>, Time> releases;
};

// Pure. `events` are an environment's, in any order.
Pruned pruned_by(const std::vector<Event>& events);

}  // namespace rollback
