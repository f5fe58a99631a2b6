// The two ways of a swap, there and back. Both can be called again after a kill
// at any moment, theirs or the server's.
#pragma once

#include "part/database/mysql/change.h"
#include "part/database/mysql/place.h"
#include "part/database/mysql/registry.h"

namespace rollback::mysql {

void exchange(const Place& place, Session& session, Registry& registry, const Plan& plan);
// What was written since goes back, or aside where it does not fit or was written
// to rows that do not stay.
void exchange_back(const Place& place, Session& session, Registry& registry, const Plan& plan);

}  // namespace rollback::mysql
