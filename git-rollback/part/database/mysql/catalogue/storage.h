// How it is noticed that a table was emptied or rebuilt, which fires no trigger.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

// "world/bot"; nothing where InnoDB writes the name in an alphabet of its own.
std::optional<std::string> innodb_name(const std::string& schema, const std::string& table);

// The numbers by which InnoDB knows the table and its partitions: others after
// TRUNCATE, EXCHANGE PARTITION or a rebuild. "": not known, for want of the right
// PROCESS, or of InnoDB.
std::string storage_of(Session& session, const std::string& table);
// Of all of them, in one query; without those that are not known.
std::map<std::string, std::string> storages_of(Session& session,
                                               const std::vector<std::string>& tables);

}  // namespace rollback::mysql
