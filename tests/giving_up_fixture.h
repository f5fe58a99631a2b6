// An operation in flight of which a part cannot go any more, and the ways that are
// hinted at to end it without that part.
#pragma once

#include "service_fixture.h"

namespace rollback::testing {

class GivingUpFixture : public ServiceFixture {
 protected:
  static constexpr int killed = 128 + 9;

  void kill_at(const std::string& place, const std::string& component = "playerbot") {
    ASSERT_STATUS(killed, rollback({"--component", component, "--yes"},
                                   {{"GIT_ROLLBACK_FAIL_POINT", place}}));
  }

  // What the hint of this option is, such as "--continue": all behind "git rollback ".
  static std::vector<std::string> hinted(const Finished& said, const std::string& option) {
    const std::string start = ": git rollback " + option;
    const size_t at = said.err.find(start + (option == "--quit" ? "\n" : " --components "));
    if (at == std::string::npos) {
      ADD_FAILURE() << "no hint at " << option << " in: " << said.err;
      return {"status"};
    }
    if (option == "--quit") return {option};
    const size_t list = at + start.size() + std::string(" --components ").size();
    return {option, "--components", said.err.substr(list, said.err.find('\n', list) - list)};
  }

  nlohmann::json in_flight();  // as `status` has it

  // That the last rollback gave up the database and nothing else.
  void expect_given_up(const std::string& outcome);
  // That one can deploy and roll back again.
  void expect_free();
};

}  // namespace rollback::testing
