// What a rollback stands on beside the service itself: git, the repository, its
// hooks, and who commits.
#pragma once

#include <string>
#include <vector>

#include "part/check.h"
#include "session/session.h"

namespace rollback {

// "git version 2.39.5 …", as git prints it. Pure.
Check check_git_version(const std::string& version);

std::vector<Check> check_repository(const Repository& repository);
std::vector<Check> check_hooks(const Repository& repository);
std::vector<Check> check_identity(const Repository& repository);

}  // namespace rollback
