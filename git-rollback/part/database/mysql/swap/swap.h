// The swap: what was written since prepare() is carried over under a lock that
// is held for milliseconds, then one RENAME TABLE exchanges all tables. Foreign
// keys and triggers go with it.
#pragma once

#include <memory>
#include <vector>

#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"
#include "part/database/mysql/swap/side.h"
#include "part/part.h"

namespace rollback::mysql {

// Of databases of one server and login, by one session and in one statement. Each step
// takes the claim of what it changes. Where no table of a database changes places, it
// only says in the registry there that the operation is live.
std::unique_ptr<Step> make_swap(std::vector<Side> sides);
std::unique_ptr<Step> make_swap(const Place& place, Plan plan);

}  // namespace rollback::mysql
