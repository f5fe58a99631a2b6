// What a plan says of a part's databases: what is lost, and what is in the way.
#pragma once

#include <vector>

#include "part/database/rows_choice.h"
#include "part/part.h"

namespace rollback {

// One list of facts and one choice for each database.
Assessment assess_choices(const Request& request, const std::vector<std::vector<TableFacts>>& facts,
                          const std::vector<RowsChoice>& choices);

}  // namespace rollback
