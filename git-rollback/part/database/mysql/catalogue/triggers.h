// The user's triggers of a table, taken to the one that has its place.
#pragma once

#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// Takes the user's triggers off both tables, and makes `wanted` on `to`, in their
// order, each with the sql_mode and character set that it was made with. May be
// called again after a kill, and under LOCK TABLES … WRITE of both; `from` can be
// empty.
void move_triggers(Session& session, const std::string& from, const std::string& to,
                   const std::vector<Trigger>& wanted);

// The same for all tables at once, waiting for their locks, where a trigger is
// missing or one too many. `idle` tables are to have none.
struct Wanted {
  std::vector<std::string> idle;
  std::vector<const Definition*> live;
};
void complete_triggers(Session& session, const Wanted& wanted);

}  // namespace rollback::mysql
