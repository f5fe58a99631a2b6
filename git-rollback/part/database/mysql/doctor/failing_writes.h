// Writes of the service that fail while an operation waits: its triggers run within
// them, as the login that made them, and that has lost a privilege since.
#pragma once

#include <string>
#include <vector>

#include "part/check.h"
#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

// A problem for each operation and login, whichever component's or host's it is; one
// that is not known since this login may not see enough is left out.
std::vector<Check> failing_writes(const Place& place);

// Where its login is not let in any more, and why.
Check writes_may_fail(const Place& place, const std::string& why);

}  // namespace rollback::mysql
