// The AUTO_INCREMENT counter of a table that changes places: an id that was given once
// is not given again, so that rows which were displaced can be put back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

struct Counted {
  const Definition* definition;  // of the table
  std::string table;
  std::string other;        // which it takes the place of; "": none
  std::uint64_t least = 1;  // whatever the other one's is
};

// Raises the counter of each table to that of the other one, where that is higher and
// the table's ids can be so high. Also under LOCK TABLES … WRITE of all.
void raise_counters(Session& session, const std::vector<Counted>& tables);

}  // namespace rollback::mysql
