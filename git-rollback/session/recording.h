// Records points.
#pragma once

#include <string>

#include "session/selection.h"
#include "session/session.h"
#include "session/standing.h"

namespace rollback {

struct RecordRequest {
  std::string sentence;  // "State of production before deploying 9be1c03."
  std::string version;   // "" : what git describe says
  Selection selection;
  LiveRecord live;  // the state that it records
  Time at{};
};

// Captures every selected part that is present. Slow where tables are copied.
PointDraft capture_point(const Session& session, const RecordRequest& request);

// Writes the tag object; the refs that publish it, the draft's own among them.
Publication publication_of(const Session& session, const PointDraft& draft);

// An id that no point of this environment has.
std::string free_point_id(const Session& session, Time at, const std::string& commit);

}  // namespace rollback
