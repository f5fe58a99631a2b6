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
  std::string coming = {};  // the commit that is deployed next; "": not known
};

// Captures every selected part that is present. Slow where tables are copied.
// What it made is forgotten when it fails, or, after a kill, by the next
// changing session, unless publish_point() published it.
PointDraft capture_point(ChangingSession& session, const RecordRequest& request);

// Publishes a captured point, with `more`.
void publish_point(ChangingSession& session, const PointDraft& draft, Publication more);

// Writes the tag object; the refs that publish it, the draft's own among them.
Publication publication_of(const Session& session, const PointDraft& draft);

// The version of a commit by its tags, ours aside; "" when there is none.
std::string described_version(const Git& git, const std::string& commit);

// The id of the environment's newest point that is older; "" when none is.
std::string newest_point_before(const Standing& standing, Time at);

// Refused where a tag of the user's stands where those of our points belong, so
// that nothing could be published.
void require_room_for_tags(const Session& session);

// Refused where the events or the live chain are no commits, so that nothing
// could be added to them.
void require_sound_record(const Session& session);

// An id that no point of this environment has.
std::string free_point_id(const Session& session, Time at, const std::string& commit);

}  // namespace rollback
