// An operation that waits for a person to resolve a conflict: begun, continued,
// and told of.
#pragma once

#include "command/rolling.h"

namespace rollback {

// Of a plan that is refused for nothing but conflicts, and was agreed to; the
// exit code.
int stop_and_report(ChangingSession& changing, const RollingOptions& values, const Plan& plan,
                    const RollbackRequest& request);

// The exit code.
int continue_and_report(ChangingSession& changing);

}  // namespace rollback
