// A procedure rollback_<table>(backup_date) for each table that goes back: CALL
// rollback_playerbot('20240123') brings the newest backup of that day back.
//
// It builds the table beside the live one, in the structure of the point, and
// swaps both by one RENAME TABLE; what was live stays as <table>_out_<UTC>, in the
// registry as displaced by an operation that left a point of its own name: from
// before the swap, so that no CALL that is cut off leaves a table unknown. It
// runs with the rights of whoever calls it, and refuses tables with triggers or
// foreign keys, which a git rollback alone takes along.
#pragma once

#include <vector>

#include "part/database/mysql/server/place.h"
#include "part/database/procedure.h"

namespace rollback::mysql {

std::vector<Procedure> make_procedures(const Place& place, Session& session);

// Replaces those of ours. Refused, before anything is replaced, where another's has
// a name that is needed, or a privilege is missing.
void install(const Place& place, Session& session, const std::vector<Procedure>& procedures);

// Drops what a CALL had built when it was cut off. For whoever has the claim: no CALL is at
// work then.
void clean_up_after_calls(const Place& place);

}  // namespace rollback::mysql
