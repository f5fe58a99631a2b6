// Would a rollback work here and now: looks at everything that it needs, and
// changes nothing.
#pragma once

#include <string>
#include <vector>

#include "part/check.h"
#include "session/session.h"

namespace rollback {

struct Diagnosis {
  std::string about;  // "repository", "hooks", "playerbot/database"
  Check check;
};

// What the service fails by now, since an operation waits in flight: what is to be
// mended first. Asks the stores; of one that does not answer there is nothing here.
std::vector<Diagnosis> failing_writes(const Session& session, const OperationRow& in_flight);

// In the order in which one would mend them; the last is a rollback planned,
// as `--dry-run` would. May read every file of the current release and all of
// a database.
std::vector<Diagnosis> examine(const Session& session);

// Of the parts and the trust alone, without reading what is large.
std::vector<Diagnosis> quick_checks(const Session& session);

// No problem among them.
bool would_work(const std::vector<Diagnosis>& diagnoses);

}  // namespace rollback
