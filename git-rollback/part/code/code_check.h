// Whether the branch and the work tree can be moved.
#pragma once

#include <vector>

#include "part/check.h"
#include "store/git.h"

namespace rollback {

std::vector<Check> check_code(const Git& git);

}  // namespace rollback
