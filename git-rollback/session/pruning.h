// Retention carried out: says what goes, and removes it, with an event for each
// so that a fetched tag does not bring it back (DESIGN §8, safety rule 4).
#pragma once

#include <string>
#include <vector>

#include "plan/retention.h"
#include "session/session.h"

namespace rollback {

struct PrunePlan {
  struct Release {
    std::string component, name;
    int keep = 0;
    std::string why() const;
  };
  std::vector<Removal> removals;  // oldest first, their sizes measured
  std::vector<Release> releases;
  Staying staying;  // although there are more points than `retention.points`

  bool nothing() const { return removals.empty() && releases.empty(); }
  std::int64_t bytes() const;              // of tables; releases are not measured
  std::vector<std::string> lines() const;  // one for each removal, for people
};

// Read-only. Points of other hosts are left to those hosts.
PrunePlan plan_prune(const Session& session);

// Removes what stands in the plan, which was made under the same lock, and what
// an earlier run was killed over. Refs and events first, in one publication;
// then the tables, one after the other; then the releases.
void prune(ChangingSession& changing, const PrunePlan& plan);

// After a good deploy: what it removed, one line each. A store that does not
// answer is told of; the deploy stays good.
std::vector<std::string> prune_after_deploy(ChangingSession& changing);

}  // namespace rollback
