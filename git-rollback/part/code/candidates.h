// The commits after a point, with what becomes of each.
#pragma once

#include <string>
#include <vector>

#include "part/code/choice.h"
#include "part/code/code_paths.h"
#include "part/code/settings.h"
#include "part/part.h"
#include "store/git.h"

namespace rollback {

struct Range {
  std::string point, live, head;  // commits
  Pathspecs specs;                // of what goes back
};

struct CompositionSetting {
  std::vector<CodePaths> components;
  PreserveSettings preserve;
  long long closure_limit = 0;
};

// Oldest first. Usage for a word to preserve that is neither a class nor a commit;
// Refused for a commit that is none of those after the point, which another target
// may change. `remarks` gets what else there is to say of such words, one line each.
std::vector<Candidate> choose_among(const Git& git, const Range& range,
                                    const CompositionSetting& setting, const Request& request,
                                    std::vector<std::string>& remarks);

}  // namespace rollback
