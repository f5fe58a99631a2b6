// What rollbacks displaced or set aside in one database of MySQL or MariaDB:
// listed, exported, and put back into what is live.
#pragma once

#include <string>
#include <vector>

#include "part/database/mysql/server/place.h"
#include "part/salvage.h"

namespace rollback::mysql {

std::vector<SalvageTable> salvageable(const Place& place);

// Reads every row of the table, and looks each of them up in the live one.
void count_missing(const Place& place, SalvageTable& table);

// What there is to know about what was written, one line each.
std::vector<std::string> export_rows(const Place& place, const SalvageTable& table,
                                     const ExportOrder& order);

// In one transaction, as far as the tables can. Foreign keys are checked, and
// triggers fire.
std::vector<PutBack> put_back(const Place& place, const std::vector<SalvageTable>& tables,
                              const PutBackOrder& order);

}  // namespace rollback::mysql
