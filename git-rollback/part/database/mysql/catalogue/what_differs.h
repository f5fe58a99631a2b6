// How a table that somebody else changed differs from what it should be.
#pragma once

#include <string>

#include "part/database/mysql/catalogue/create_table.h"

namespace rollback::mysql {

// By the first line of SHOW CREATE TABLE that does, foreign keys and checks aside:
// ": it has `x` int(11), not `x` int(10)"; "" where none does.
std::string what_differs(const CreateTable& found, const CreateTable& expected);

}  // namespace rollback::mysql
