// The swap: what was written since prepare() is carried over under a lock that
// is held for milliseconds, then one RENAME TABLE exchanges all tables. Foreign
// keys and triggers go with it.
#pragma once

#include <memory>

#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"
#include "part/part.h"

namespace rollback::mysql {

// Where no table changes places, it only says in the registry that the operation is live.
//
// Steps of one operation and component, for several databases of one server, are taken
// together by the first of them that is: the tables of all are renamed in one statement.
// Each takes the claim of what it changes.
std::unique_ptr<Step> make_swap(const Place& place, Plan plan);

}  // namespace rollback::mysql
