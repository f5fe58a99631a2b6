// Rows that were written in the moment of a swap, and the record of all that
// was set aside.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Why rows are set aside that were written to the point's.
constexpr const char* did_not_stay = "it was written to the point's rows, which did not stay";

// Which of these tables have rows, in one query; those that are gone have none.
std::set<std::string> tables_with_rows(Session& session, const std::vector<std::string>& tables);

// What stands in the log of a table that was live until a moment ago goes into the
// one that is live now, while others write there. Without a key it stays where it
// is, and the registry says so.
void carry_what_slipped_in(Session& session, Registry& registry, const std::string& operation,
                           const Carry& carry);

// Says in the registry how many rows stand in the table, unless it does.
void record_aside(Session& session, Registry& registry, const std::string& operation,
                  const std::string& table, const std::string& aside);

// Of those that the ways of a swap need, and that got no row.
void drop_empty_asides(Session& session, const Plan& plan);

}  // namespace rollback::mysql
