// What the hooks do: a point before each deploy, the live chain after it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "session/session.h"

namespace rollback {

struct DeployReport {
  std::string point;  // the id of the deploy
  std::vector<std::string> notices;
  bool smoke_test_ran = false;
  std::string problem;  // why the deploy did not pass; "" : it did
};

// Records the state that is live (not HEAD's: `git pull` often ran first) and
// opens a deploy. Refused when commands are not trusted. `coming`: the commit
// that will be deployed, where that is not HEAD.
DeployReport pre_deploy(ChangingSession& session, const std::string& coming = "HEAD");

// Closes the newest open deploy, extends the live chain whatever the status,
// then runs the smoke test, and prunes releases after a good deploy. `commit`:
// what was deployed, else the release's REVISION, else HEAD. `deploy`: which deploy
// this ends, where that is known.
DeployReport post_deploy(Session session, int status, const std::optional<std::string>& commit,
                         const std::string& deploy = "");

// Set by `git rollback deploy`, so that hooks nested in its command know.
inline constexpr const char* nested_deploy_variable = "GIT_ROLLBACK_DEPLOY";

// A point outside of any deploy.
struct NowRequest {
  std::string version, components, reason;
  // What the caller believes to be live; Refused where the record says otherwise.
  std::optional<std::string> commit;
  std::string releases;  // a comma list of [<component>=]<name>
};
DeployReport record_now(ChangingSession& session, const NowRequest& wanted);

}  // namespace rollback
