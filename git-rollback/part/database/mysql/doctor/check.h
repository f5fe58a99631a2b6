// Whether a database can be backed up and brought back, by this login: rights,
// space, replicas, and tables that cannot be moved.
#pragma once

#include <vector>

#include "part/check.h"
#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

std::vector<Check> check_database(const Place& place, Depth depth);

}  // namespace rollback::mysql
