// The AUTO_INCREMENT counter of a table that changes places: an id that was given once
// is not given again, so that rows which were displaced can be put back.
#pragma once

#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

struct Counting {
  const Definition* definition;  // of the table, with the counter that it has at least
  std::string table;
  std::string other;  // the one whose place it takes; empty: there is none
};

// To the other one's, where that is higher and the table's ids can be so high. Also under
// LOCK TABLES … WRITE of all of them.
void raise_counters(Session& session, const std::vector<Counting>& all);

}  // namespace rollback::mysql
