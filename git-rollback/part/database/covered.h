// Which tables a point covered: those that the settings meant when it was recorded. Its
// Rollback-Tables trailers say so, whose fields database_part.h defines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/settings.h"
#include "store/point.h"

namespace rollback {

struct TableFacts;

// Patterns; nothing: the point was recorded before there was such a trailer, and what it
// has no record of counts as new since.
using Covered = std::optional<std::vector<std::string>>;

Trailer format_covered(const std::string& component, const std::string& schema,
                       const DatabaseSettings& settings);

// Of one database; no patterns where the point names others of the component alone.
Covered read_covered(const Point& point, const std::string& component, const std::string& schema);

// Tables that were perhaps there, but that the point has no record of for that reason.
void mark_uncovered(std::vector<TableFacts>& facts, const Covered& covered);

}  // namespace rollback
