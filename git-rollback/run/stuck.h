// Which parts of an operation in flight cannot go any more.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "run/executor.h"
#include "store/journal.h"

namespace rollback {

using Stuck = std::map<std::string, std::string>;  // why, by the part's name

// By what its steps find: somebody else changed what one of them needs, or its store
// does not answer. One that the swap brought to the target and that is not there any
// more cannot go forward either. `state`: published for all that is recorded.
Stuck stuck_parts(const std::vector<Executor::StepState>& steps, Way way, State state);

}  // namespace rollback
