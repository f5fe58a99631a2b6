// The AUTO_INCREMENT counter of a table that changes places: an id that was given once
// is not given again, so that rows which were displaced can be put back.
#pragma once

#include <string>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

void set_counter(Session& session, const std::string& table, std::uint64_t counter);

// Of a table with that definition, to that of another one, where that is higher and its
// ids can be so high. Also under LOCK TABLES … WRITE of both.
void raise_counter(Session& session, const Definition& definition, const std::string& table,
                   const std::string& other);

}  // namespace rollback::mysql
