// How far a swap is, by what stands in the database.
#pragma once

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/swap/change.h"
#include "part/part.h"

namespace rollback::mysql {

// The names of one RENAME TABLE change all or none; true after it.
bool is_renamed(Session& session, const Plan& plan);

// `state`: the registry's, of its operation; nothing: it is not there.
Step::Seen observe_swap(Session& session, std::optional<State> state, const Plan& plan);

// Throws Refused where a live table is not of the structure that is expected, whatever
// its triggers and foreign keys are. Reads those tables alone, so that it can be
// called under their lock.
void require_structure(Session& session, const Plan& plan, bool renamed);

}  // namespace rollback::mysql
