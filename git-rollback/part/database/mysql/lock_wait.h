// Waiting for a table's lock without making all others wait behind us: a few
// tries that do not wait at all, then short ones with pauses, up to a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "part/database/mysql/session.h"

namespace rollback::mysql {

// Calls `work` until it does not throw for a lock. Past the deadline: Refused,
// with the sessions that stand in the way named (id, user, host, how long, what).
void taking_a_lock(Session& session, const std::vector<std::string>& tables,
                   std::chrono::seconds deadline, const std::function<void()>& work);

}  // namespace rollback::mysql
