// What is done with backups and displaced tables later on: their rows are
// counted and hashed again, and retention removes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/backup_trailer.h"
#include "part/database/mysql/server/place.h"
#include "part/part.h"

namespace rollback::mysql {

std::vector<Finding> verify(const Place& place, const std::string& point,
                            const std::vector<Backup>& backups);
KeptTables kept_tables(const Place& place);
std::int64_t bytes_of(const Place& place, const std::string& table);
// One table after the other. The displaced tables of an operation, too.
void remove_kept(const Place& place, const std::string& point);

}  // namespace rollback::mysql
