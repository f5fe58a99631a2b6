// What is done with backups and displaced tables later on: their rows are
// counted and hashed again, and retention removes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/backup_trailer.h"
#include "part/database/sqlite/connection.h"
#include "part/part.h"

namespace rollback::sqlite {

// In one snapshot; reads every row of every table that the trailers name.
std::vector<Finding> verify(const Location& location, const std::string& component,
                            const std::string& point, const std::vector<Backup>& backups);

KeptTables kept_tables(const Location& location, const std::string& component);

// The pages of a table and its indexes; reads all of them.
std::int64_t bytes_of(const Location& location, const std::string& table);

// One table after the other, so that writers get their turn. The pages stay in
// the file, free, unless the database has auto_vacuum.
void remove_kept(const Location& location, const std::string& component, const std::string& point);

}  // namespace rollback::sqlite
