// Rows of one table that another lacks, where they have no key in common: told by
// the values of all columns that both have, and equal ones are counted.
#pragma once

#include <cstdint>
#include <string>

#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

struct Lacking {
  Projection projection;  // of the rows, in the shape of the other table
  std::string other;
  std::string counts;  // a temporary table
};

// Makes the temporary table, of the other table's rows as they are now.
void count_rows_alike(Session& session, const Lacking& lacking);

// Of rows that are equal, as many as the other had are not lacking. A value that the
// other's type cannot have counts as another one. Commits.
std::int64_t set_aside_lacking(Session& session, const Lacking& lacking, const std::string& aside,
                               const std::string& reason);

}  // namespace rollback::mysql
