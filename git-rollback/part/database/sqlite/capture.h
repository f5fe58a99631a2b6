// Full backups of tables, all of one moment.
#pragma once

#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/sqlite/connection.h"

namespace rollback::sqlite {

// In WAL mode others go on writing meanwhile; else they wait.
Engine::Captured capture(const Location& location, const std::string& component,
                         const DatabaseSettings& settings, const std::string& point);

// Drops what a capture copied for a point; displaced tables are never its own.
void forget(const Location& location, const std::string& component, const std::string& point);

}  // namespace rollback::sqlite
