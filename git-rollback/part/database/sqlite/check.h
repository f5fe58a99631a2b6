// Whether an SQLite database can be backed up and brought back, by this user.
#pragma once

#include <vector>

#include "part/check.h"
#include "part/database/settings.h"
#include "part/database/sqlite/connection.h"

namespace rollback::sqlite {

// The file exists. thorough: with PRAGMA quick_check, which reads all of it.
std::vector<Check> check_database(const Location& location, const DatabaseSettings& settings,
                                  Depth depth);

}  // namespace rollback::sqlite
