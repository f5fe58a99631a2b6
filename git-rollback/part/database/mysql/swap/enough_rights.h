// Whether this login may make again what a swap takes off for a moment.
#pragma once

#include "part/database/mysql/server/session.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Refused, with the GRANT that is missing, where a trigger runs as somebody else, or
// a foreign key stands in another schema, and could be dropped but not made anew.
void require_rights(Session& session, const Plan& plan);

}  // namespace rollback::mysql
