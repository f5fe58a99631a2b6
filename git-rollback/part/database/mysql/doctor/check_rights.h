// Which grants are needed and missing, each with the statement that gives it.
#pragma once

#include <string>
#include <vector>

#include "part/check.h"
#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/server/rights.h"

namespace rollback::mysql {

// What every statement of this engine takes on a schema; measured by leaving out
// one after the other on MariaDB 10.11 and MySQL 9.
std::vector<std::string> needed_privileges(const Flavour& flavour);

// Of the login, for all that this engine does in its schema.
std::vector<Check> check_rights(Session& session, const Rights& rights);

// For what the tables that go back need beyond that: triggers of other users, and
// foreign keys of tables in other schemas.
std::vector<Check> check_rights_for(Session& session, const Rights& rights,
                                    const std::vector<Definition>& tables);

}  // namespace rollback::mysql
