// Rows that a rollback set aside, and that its undo brings back beside today's.
#pragma once

#include <cstdint>
#include <string>

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/session.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// A table with copies of those that came back, as make_aside() makes it.
std::string returned(const Change& change);

// Puts those of which the key is not live again into the incoming table. How many have
// no place: they stay where they are.
std::int64_t bring_back(Session& session, const Change& change);

// Takes those of which the key is live by now for what they are: today's rows.
void leave_to_live_rows(Session& session, const Plan& plan);

// Takes out again what refers to a row that is not there, in the incoming tables, or
// in those that went `live`. They stay where they are, with that reason. How many; with
// those that leave_stranded() takes out.
std::int64_t leave_orphans(Session& session, const Plan& plan, bool live);

// Says in the registry how many those are, unless it does.
void record_orphans(Session& session, Registry& registry, const Plan& plan);

}  // namespace rollback::mysql
