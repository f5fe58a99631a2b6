// The Rollback-Backup trailers of a point, whose fields database_part.h defines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/point.h"

namespace rollback {

struct Backup {
  std::string schema;
  std::string table;
  std::string backup;  // the table that holds the rows; empty: only the structure was kept
  std::int64_t rows = 0;
  std::string sha256;
};

Trailer format_backup(const std::string& component, const Backup& backup);

// In place of the one that is there of the same component and name, its first fields.
void put_trailer(std::vector<Trailer>& trailers, Trailer trailer);

struct Backups {
  std::vector<Backup> known;
  std::vector<std::string> strangers;  // "<schema>.<table>" of no schema given
};

// Those of one component; `schemas` tells where a schema ends and a table begins.
Backups read_backups(const Point& point, const std::string& component,
                     const std::vector<std::string>& schemas);

}  // namespace rollback
