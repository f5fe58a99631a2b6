// What a plan says of a part's databases: what is lost, and what is in the way.
#pragma once

#include <cstdint>
#include <vector>

#include "part/database/covered.h"
#include "part/database/rows_choice.h"
#include "part/part.h"

namespace rollback {

// One list of facts and one choice for each database.
Assessment assess_choices(const Request& request, const std::vector<std::vector<TableFacts>>& facts,
                          const std::vector<RowsChoice>& choices);

// What an engine's preparing decides by, with the user's word for each table: throws Refused
// where it would lose more than `limit` rows. `minimal`: what the least consent takes.
Chooser chooser(const ByTable<Rows>& rows, const Covered& covered, std::int64_t limit,
                std::int64_t minimal);

}  // namespace rollback
