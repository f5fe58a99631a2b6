#include "part/database/mysql/swap/enough_rights.h"

#include "os/error.h"
#include "part/database/mysql/doctor/check_rights.h"

namespace rollback::mysql {

void require_rights(Session& session, const Plan& plan) {
  std::vector<Definition> tables;
  for (const Change& change : plan.changes) {
    if (!change.swaps()) continue;
    if (change.before) tables.push_back(*change.before);
    if (change.after) tables.push_back(*change.after);
  }
  const Rights rights = read_rights(session);
  auto checks = check_rights(session, rights);
  const auto more = check_rights_for(session, rights, tables);
  checks.insert(checks.end(), more.begin(), more.end());
  for (const Check& check : checks) {
    if (check.level != Check::Level::problem) continue;
    throw Refused("database '" + session.schema() + "': " + check.what, {check.mend});
  }
}

}  // namespace rollback::mysql
