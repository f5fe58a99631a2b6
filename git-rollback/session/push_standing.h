// Where pushes to the deploy branch stand. A row of the journal alone does not
// say it: git may refuse a push after its `update` hook let it through, and
// calls no hook then.
#pragma once

#include <optional>
#include <vector>

#include "store/journal.h"
#include "store/repository.h"

namespace rollback {

enum class PushStanding {
  running,    // somebody works on it
  cut_short,  // its deploy is open, and nobody does
  not_taken,  // it never reached the branch: nothing of it was deployed
};

struct StandingPush {
  PushRow push;
  PushStanding standing = PushStanding::running;
};

// The push that people should know of: the newest one, unless its deploy was
// ended some other way, such as by a rollback. One that was cut short comes
// before a newer one that was not taken.
std::optional<StandingPush> standing_push(const Repository& repository, Journal& journal);

// The journal's, but for the deploys of pushes that were not taken.
std::optional<OpenDeploy> newest_open_deploy(const Repository& repository, Journal& journal,
                                             const std::string& environment);

// Under the lock: forgets pushes that were not taken, and their deploys. The
// points that they recorded stay.
void forget_pushes_not_taken(const Repository& repository, Journal& journal);

}  // namespace rollback
