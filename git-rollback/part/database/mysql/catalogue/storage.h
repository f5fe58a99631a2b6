// How it is noticed that a table was emptied or rebuilt, which fires no trigger.
#pragma once

#include <string>

#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

// The numbers by which InnoDB knows the table and its partitions: others after
// TRUNCATE, EXCHANGE PARTITION or a rebuild. "": not known, for want of the right
// PROCESS, of InnoDB, or of a plain name.
std::string storage_of(Session& session, const std::string& table);

}  // namespace rollback::mysql
