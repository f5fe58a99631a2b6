// Whether releases and their link can be swapped, here and by this user.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "part/check.h"

namespace rollback {

// Absolute paths; `release`: the one that `current` leads to, if it does.
std::vector<Check> check_releases(const boost::filesystem::path& releases,
                                  const boost::filesystem::path& current,
                                  const std::optional<std::string>& release, Depth depth);

}  // namespace rollback
