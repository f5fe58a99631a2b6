// The REVISION file that deploy tools leave in a release: what it was built from.
#pragma once

#include <optional>
#include <string>

#include "session/session.h"

namespace rollback {

// The full id of the commit that the text of a REVISION names: an id, the
// beginning of one, a tag, or a branch here or at origin; nothing when it is
// none of this repository.
std::optional<std::string> commit_of_revision(const Git& git, const std::string& revision);

// What runs by the word of the releases, else HEAD.
struct RunningCommit {
  std::string commit;  // "": not known here
  std::string remark;  // what a person should know about it; "": nothing
};
RunningCommit commit_that_runs(const Session& session);

}  // namespace rollback
