// What replication has to do with a backup: where it stands in the binlog, and who
// must be able to follow.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

// Replicas that ask this server for its binlog, and those of them which have not
// been sent all of it, as far as this login may see them. How far a replica is
// with what it got is not known here.
struct Replicas {
  std::int64_t connected = 0;
  std::int64_t behind = 0;
};
Replicas replicas_of(Session& session);

// Calls `open`, which opens the session's snapshot, and says what the snapshot
// holds: "gtid:<set>" or "<file>:<offset>"; "" without a binlog or the right to
// see it. Where MySQL's writers leave no moment to look, it is what the snapshot
// holds at least, "after " before it; then `open` was called more than once.
std::string position_of_snapshot(Session& session, const std::function<void()>& open);

}  // namespace rollback::mysql
