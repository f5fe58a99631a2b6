// The names of CHECK constraints. MySQL has each of them once in a schema, so that
// tables beside the live one have others, and get their own when they are live.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "part/database/mysql/server/session.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// With names as MySQL itself makes them up for a table of this name, `<name>_chk_1`:
// a RENAME of the table changes them along. MariaDB's stay.
CreateTable with_names_beside(const Session& session, const CreateTable& create,
                              const std::string& name);

// In bytes, of a name for the table that those still fit behind.
size_t longest_name(const Definition& definition);
// Why no such name is short enough for the live table when it goes.
std::optional<std::string> why_not_displaced(const Session& session, const Definition& definition);

// Whether one of its names is not there while it is beside the live table.
bool gets_check_names(const Session& session, const Definition& definition);

// After the swap: takes the checks that a person named off the displaced tables, and
// gives those of the live ones the names that they have to have. May be called again.
// MySQL reads all rows of a table that gets a name, and who writes to it waits.
void give_check_names(Session& session, const Plan& plan);

// Whether the checks of two tables differ in nothing but their names.
bool same_checks(const CreateTable& a, const CreateTable& b);

}  // namespace rollback::mysql
