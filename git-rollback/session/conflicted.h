// An operation that waits for a person to resolve a conflict. Nothing is changed
// while it waits; going on, it is planned anew with what the person made of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "session/rollback.h"

namespace rollback {

// How far it came. With neither report nor branch, it waits: for the conflict
// that `to_resolve` tells of, or, with none, for what the plan's refusals say.
// Without refusals the plan had nothing to do, and the operation is over.
struct Progress {
  Plan plan;  // the newest
  std::vector<std::string> to_resolve;
  std::optional<RollbackReport> report;
  std::optional<MadeBranch> branch;
  bool declined = false;  // the plan was not wanted, and the operation is over
};

// Hears of a plan that is about to be carried out; false: it is not wanted.
using ShowPlan = std::function<bool(const Plan&)>;

// Of a plan that is refused for nothing but conflicts: lays the first of them out,
// and journals that the operation waits. Goes on at once where git could resolve
// it. Throws Refused, and nothing waits, where it cannot be laid out.
Progress stop_for_conflict(ChangingSession& changing, const Plan& plan,
                           const RollbackRequest& request, const ShowPlan& show);

// Is a person to resolve a conflict of the operation in flight?
bool waits_for_person(ChangingSession& changing);

// Takes what the person made of it and goes on. Throws Refused, and it waits on,
// where that is not done yet, and where HEAD or live are not what they were.
Progress continue_conflicted(ChangingSession& changing, const ShowPlan& show);

// As if it had never begun; its id.
std::string forget_conflicted(ChangingSession& changing);

// For `status`. Nothing when all that was laid out is taken.
std::optional<Part::ConflictStanding> look_at_conflict(const Session& session,
                                                       const OperationRow& row);

}  // namespace rollback
