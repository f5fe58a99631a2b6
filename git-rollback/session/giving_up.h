// A part of an operation in flight can have become one that cannot go any more: its
// database was dropped, or somebody else changed it for good. A person gives it up, and
// the others come to their end.
#pragma once

#include <string>
#include <vector>

#include "run/executor.h"
#include "session/session.h"

namespace rollback {

// Journals that the parts which `components` does not name are given up: nothing of them is
// touched or looked at any more, whichever way the others go. "": none is given up.
// Refused, and nothing is journalled, where one of them can go this way, where one that is
// named cannot, and where nothing but a conflict was met yet; Usage where none is named.
void give_up_others(ChangingSession& changing, Way way, const std::string& components);

// The same of all of them. Refused where one can go forward or back.
void give_up_all(ChangingSession& changing);

// What to type so that it ends without the parts that cannot go any more, a line each; none
// where all can go.
std::vector<std::string> ways_without_stuck(const Session& session, const OperationRow& row,
                                            const std::vector<Executor::StepState>& steps);
// The same, looking at it; never throws.
std::vector<std::string> ways_without_stuck(ChangingSession& changing);

}  // namespace rollback
