// Whether config files can be read and put back, by this user.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <utility>
#include <vector>

#include "part/check.h"

namespace rollback {

// Each file as .rollback.yml spells it, and where it is.
std::vector<Check> check_config(
    const std::vector<std::pair<std::string, boost::filesystem::path>>& files);

}  // namespace rollback
