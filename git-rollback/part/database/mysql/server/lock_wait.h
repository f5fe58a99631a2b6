// Waiting for a table's lock without making all others wait behind us: a few
// tries that do not wait at all, then short ones with pauses, up to a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

// How long we try for a table's lock, and how long any other statement waits.
inline constexpr std::chrono::seconds default_deadline{10};

// Calls `work` until it does not throw for a lock; it may be called many times.
// Past the deadline: Refused, with the sessions that stand in the way named (id,
// user, host, how long, what). A statement waits up to default_deadline after it.
void taking_a_lock(Session& session, const std::vector<std::string>& tables,
                   std::chrono::seconds deadline, const std::function<void()>& work);

// The same for tables of several schemas, and for work that takes the lock in a
// session of its own, and is told how long it may wait for it.
using Try = std::function<void(std::chrono::seconds wait)>;
void trying_for_a_lock(Session& session, const std::vector<TableName>& tables,
                       std::chrono::seconds deadline, const Try& work);

// Of any other statement: Refused, with those named that may stand in the way.
[[noreturn]] void refuse_for_a_lock(const Place& place);

}  // namespace rollback::mysql
