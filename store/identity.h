// Who writes the record. A server often has no user.name, and a deploy must
// not fail for that.
#pragma once

#include <map>
#include <string>

#include "store/git.h"

namespace rollback {

// The variables to set for git so that it can commit: none when the user's
// own identity is known, else "git-rollback <user@host>".
std::map<std::string, std::string> record_identity(const Git& git);

}  // namespace rollback
