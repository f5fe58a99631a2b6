// Whether this login may do all that a swap, and cleaning up after it, will take.
#pragma once

#include "part/database/mysql/server/session.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Refused, with the GRANT that is missing: on the schema, or where a trigger runs as
// somebody else, or a foreign key stands in another schema, and could be dropped but not
// made anew.
void require_rights(Session& session, const Plan& plan);

}  // namespace rollback::mysql
