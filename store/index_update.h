// Brings the index up to date with the refs: a point, a note or a record of
// what was live is read once, when it is new.
#pragma once

#include "store/repository.h"

namespace SQLite {
class Database;
}

namespace rollback {

// Looks at the refs by stat(2) first, and starts no process where they are as
// they were. Throws SQLite::Exception.
void bring_up_to_date(SQLite::Database& database, const Repository& repository);

}  // namespace rollback
