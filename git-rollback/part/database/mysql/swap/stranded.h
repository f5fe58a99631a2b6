// Rows that go live with today's rows and refer to rows of another table of the same
// database that do not: a swap's keys are not checked, so that nobody else would say so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/mysql/server/session.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// planned: nothing is built; built: the incoming tables are filled; live: they are renamed.
enum class Stage { planned, built, live };

// By foreign key. Rows that refer to none today, too, are nobody's fault. Reads the whole
// parent, and nothing where all parents come along.
std::vector<Stranded> find_stranded(Session& session, const Plan& plan, Stage stage);

// Sets aside those of the incoming tables, or of those that went `live`, with that
// reason, and what refers to them in turn. How many. Those of tables that stay, and
// those without a key, stay where they are.
std::int64_t leave_stranded(Session& session, const Plan& plan, Stage stage);

}  // namespace rollback::mysql
