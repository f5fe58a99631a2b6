// The two ways of a swap, there and back. Both can be called again after a kill
// at any moment, theirs or the server's.
#pragma once

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

void exchange(const Place& place, Session& session, Registry& registry, const Plan& plan);
// Today's rows are never made anew. What was written since goes back by its key, or
// aside where it does not fit, was written to rows that do not stay, or has no key
// that both tables have; then a row that was deleted since is there again.
//
// What was done by TRUNCATE TABLE, or to a partition, goes back as if each row had been
// deleted or inserted (emptied.h).
//
// Not seen: what a cascade did to a row that did not fit at first and did later; that
// row is as it was.
void exchange_back(const Place& place, Session& session, Registry& registry, const Plan& plan);

}  // namespace rollback::mysql
