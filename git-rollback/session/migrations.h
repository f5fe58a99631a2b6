// The files of a deploy that change the structure of a component's databases
// (`migrations:`), for the backup that is made before it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "session/configuration.h"
#include "store/git.h"

namespace rollback {

// Between what is live and what comes: by component, the whole text of each such
// file that differs, old and new lines. Components without `migrations:` are not
// in it, and nothing is where `coming` is "" or no commit can be compared.
std::map<std::string, std::vector<std::string>> coming_migrations(
    const Git& git, const Configuration& configuration, const std::string& live,
    const std::string& coming);

}  // namespace rollback
