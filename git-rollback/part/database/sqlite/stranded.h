// Rows that would refer to rows that are not there: a child's and its parent's that do
// not come from one time. A swap does not check keys, and many services never do.
#pragma once

#include "part/database/sqlite/change.h"

namespace SQLite {
class Database;
}

namespace rollback::sqlite {

// While the incoming tables are filled and wait: throws Refused, and names the tables.
// Rows that referred to none in their own time are nobody's fault.
void require_none_stranded(SQLite::Database& db, const Plan& plan);

}  // namespace rollback::sqlite
