// What git's `post-receive` hook does once a push has moved the deploy branch:
// checkout, build, post-deploy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "session/push_acceptance.h"

namespace rollback {

struct PushDeployed {
  bool deployed = false;  // nothing was to be deployed: all else is empty
  std::string commit;
  std::string deploy;  // "" : the first one
  bool smoke_test_ran = false;
  std::string problem;             // why it is no good deploy; "" : it is one
  std::vector<std::string> hints;  // what to type on the server
};

// `updates` are those that git reports. `tell` gets a line at a time, `heard`
// the raw output of the build command as it comes. The live chain is extended
// whatever the outcome, but for the first deploy, which has to be a good one.
// Throws what kept it from being deployed at all.
PushDeployed deploy_push(const std::vector<RefUpdate>& updates, const Tell& tell,
                         const std::function<void(std::string_view)>& heard);

}  // namespace rollback
