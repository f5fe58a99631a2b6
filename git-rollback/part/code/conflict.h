// A conflict of the code part while a person resolves it, and what came of it,
// as the texts that the journal keeps.
#pragma once

#include <string>

#include "part/code/laying.h"
#include "part/part.h"

namespace rollback {

// What the code part does in Part's functions of the same names. `head` is the
// commit that the conflict's plan stands on.
Part::OpenedConflict open_conflict(const Git& git, const Request& request, const Conflict& conflict,
                                   const std::string& head);
std::string take_resolution(const Git& git, const std::string& opened);
Part::ConflictStanding look_at_conflict(const Git& git, const std::string& opened);
// To Part::discard().
void discard_conflict(const Git& git, const std::string& operation);

}  // namespace rollback
