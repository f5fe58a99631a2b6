// Clones that git keeps equal to their remote, ref by ref.
#pragma once

#include <optional>
#include <string>

#include "store/git.h"

namespace rollback {

// The remote whose fetch refspec writes all refs (`git clone --mirror`), so
// that its prune deletes those recorded here.
std::optional<std::string> mirrored_remote(const Git& git);

}  // namespace rollback
