// How a swap is recognised, and taken back with what was written since.
#pragma once

#include <string>

#include "part/database/sqlite/change.h"
#include "part/database/sqlite/registry.h"
#include "part/part.h"

namespace rollback::sqlite {

Step::Seen observe_swap(SQLite::Database& db, const std::string& component, const Plan& plan);

// Inside a write transaction, from after to before. Rows that the service
// wrote since the swap go into the tables that come back; those that cannot
// are kept in a table of their own, and noted in the registry.
void revert_swap(SQLite::Database& db, Registry& registry, const Plan& plan);

// After such a revert the incoming table still holds what was written to it:
// gives it the point's rows again.
void refill_if_touched(SQLite::Database& db, const Change& change);

}  // namespace rollback::sqlite
