// How an operation ends in the record: the point that holds what was left, the
// live chain, the event.
#pragma once

#include <string>

#include "plan/plan_text.h"
#include "run/executor.h"
#include "session/session.h"

namespace rollback {

// Publishes a rollback that was carried out; the id of the point it left. Does
// nothing more when that was done before a kill.
std::string publish_done(ChangingSession& session, Executor& executor,
                         const PreparedPlan& prepared);

bool is_published(ChangingSession& session, const std::string& operation);

// A failed verification keeps the branch with the code's commit; an abort
// leaves every ref as it was.
enum class BranchOfCode { kept, removed };

// Publishes that it was reverted, and closes it in the journal.
void publish_reverted(ChangingSession& session, const PreparedPlan& prepared,
                      const std::string& problem, BranchOfCode branch);

}  // namespace rollback
