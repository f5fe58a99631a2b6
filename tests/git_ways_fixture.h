// The service of service_fixture.h in a repository that is set up in one of
// git's many ways, and the round that must work in each of them.
#pragma once

#include "service_fixture.h"

namespace rollback::testing {

class GitWays : public ServiceFixture {
 protected:
  GitWays() = default;
  explicit GitWays(const std::string& folder) : ServiceFixture(folder) {}

  // A good deploy, a bad one, the rollback, and its undo: each exactly what it
  // should be, and a repository in which git finds no fault.
  void go_round();
  // The second half of it, where both deploys are done already; the rollback
  // brings back this tree.
  void roll_back_and_undo(const std::string& tree = "HEAD~1^{tree}");
  // The same, where an undeployed commit that added this file is kept.
  void roll_back_keeping(const std::string& path);

  // What must not change where git keeps something beside tree and files: the
  // bits of the index, submodules. Asked before the rollback and after the undo.
  virtual std::string more() { return ""; }
};

}  // namespace rollback::testing
