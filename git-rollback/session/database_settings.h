// `database:` of a component in `.rollback.yml` (DESIGN §5).
#pragma once

#include <vector>

#include "part/database/settings.h"
#include "session/strict_yaml.h"

namespace rollback {

// One database, or a list of them. Throws Usage.
std::vector<DatabaseSettings> read_databases(const YamlValue& value);

}  // namespace rollback
