// Records a point of the past: what was live at a time, as far as that can
// honestly be said afterwards. Code always can; binaries where a release is
// named, whose files still stand there; today's rows and config files are not
// those of then, and are left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "session/session.h"

namespace rollback {

// As typed; see `git rollback record -h`.
struct BackfillRequest {
  std::string at;                     // a moment in the past: time_words.h, or RFC 3339
  std::optional<std::string> commit;  // else what the record, or the release's REVISION, says
  std::string releases;               // a comma list of [<component>=]<name>
  std::string components;             // "": all
  std::string version, reason;
};

struct BackfillReport {
  std::string point;
  std::vector<std::string> notices;
};

// Its parent is what the record of then says, else the newest point before it.
// The record of what was live stays as it is, and so does every other point:
// walking back from what is live does not come by a point recorded afterwards,
// unless there is no such record yet, and `init` takes it for the point before
// today. Throws Usage for what does not fit together and for times to come,
// Fatal for a commit or release that is not here, Refused for a release that is
// no longer what an earlier point recorded, and for a point that is there already.
BackfillReport backfill(ChangingSession& session, const BackfillRequest& request);

// --release as typed, by component. Usage for a component without binaries, and
// where it is not clear which one is meant.
std::map<std::string, std::string> parse_releases(const std::string& list,
                                                  const Configuration& configuration);

}  // namespace rollback
