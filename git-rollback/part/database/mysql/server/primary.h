// Whether a server is the one to write to.
#pragma once

#include <optional>
#include <string>

#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

// Why nothing can be backed up or swapped on it, such as "is a replica of
// 'db1:3306'"; nothing where it can. A replica is known by its status, which not
// every user may see; what runs on it is seen by all on MariaDB.
std::optional<std::string> why_not_primary(Session& session);

// Refused, with that, before anything is written.
void require_primary(Session& session);

}  // namespace rollback::mysql
