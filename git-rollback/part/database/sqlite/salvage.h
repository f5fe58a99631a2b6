// What rollbacks displaced or set aside in one SQLite database: listed, exported,
// and put back into what is live.
#pragma once

#include <string>
#include <vector>

#include "part/database/sqlite/connection.h"
#include "part/salvage.h"

namespace rollback::sqlite {

std::vector<SalvageTable> salvageable(const Location& location, const std::string& component);

// Reads every row of the table, and looks each of them up in the live one.
void count_missing(const Location& location, SalvageTable& table);

// What there is to know about what was written, one line each.
std::vector<std::string> export_rows(const Location& location, const SalvageTable& table,
                                     const ExportOrder& order);

// In one write transaction. Foreign keys are checked, and triggers fire.
std::vector<PutBack> put_back(const Location& location, const std::string& component,
                              const std::vector<SalvageTable>& tables, const PutBackOrder& order);

}  // namespace rollback::sqlite
