// One routine `git fetch --prune --prune-tags` deletes every tag that its
// remote has not. The points survive it (DESIGN §3), and show their tags again.
#pragma once

#include <string>
#include <vector>

#include "session/session.h"
#include "store/point_check.h"

namespace rollback {

struct DeletedTags {
  std::vector<NamedTag> put_back;
  std::string problem;  // why none could be, such as a tag called `rollback`; "" : none
};

// Of every environment: puts back the tag of each point that has none, but for
// points that were pruned and those whose message names another. Nothing with
// rollback.tags=false. A tag that is there, wherever it points, is left alone.
DeletedTags restore_deleted_tags(ChangingSession& session);

// What that would put back, without the lock and without a change.
std::vector<NamedTag> find_deleted_tags(const Repository& repository);

}  // namespace rollback
