// A kept commit that does not apply: who is asked whether what it stands on is
// kept, too, and who is not.
#include <boost/filesystem/operations.hpp>

#include "service_fixture.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

class ConflictQuestion : public ServiceFixture {
 protected:
  void SetUp() override {
    begin();
    deploy_good();
  }

  // An undeployed commit stands on one of two that are to go.
  void stand_on_what_goes() {
    commit("src/other.cpp", "other\n");
    deploy_bad();
    commit("src/playerbot.cpp", "version 2.0, and more\n");
  }

  // On a terminal, where these questions get these answers; any other gets "n".
  Seen ask_a_person(const std::vector<std::string>& options,
                    const std::map<std::string, std::string>& answers) {
    std::vector<std::string> argv{"git-rollback", "--target", "previous", "--component",
                                  "playerbot"};
    argv.insert(argv.end(), options.begin(), options.end());
    OnTerminal command{argv, top(), variables()};
    command.type = [&, answered = size_t{0}](const std::string& seen) mutable -> std::string {
      const size_t prompt = seen.rfind(" [y/N] ");
      if (prompt == std::string::npos || prompt < answered) return "";
      answered = seen.size();
      for (const auto& [question, answer] : answers) {
        if (seen.substr(0, prompt).ends_with(question)) return answer + "\n";
      }
      return "n\n";
    };
    return run_on_terminal(command);
  }

  static constexpr const char* the_question = "Keep the commits that it stands on, too?";
};

TEST_F(ConflictQuestion, IsAskedOnATerminalAndAYesLeadsToThatPlan) {
  stand_on_what_goes();
  const Seen seen = ask_a_person({}, {{the_question, "y"}, {"Roll back?", "y"}});
  EXPECT_TRUE(contains(seen.bytes, the_question)) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, "Roll back?")) << seen.bytes;
  EXPECT_EQ(seen.status, 0) << seen.bytes;
  EXPECT_EQ(read("src/playerbot.cpp"), "version 2.0, and more\n");
  EXPECT_FALSE(fs::exists(top() / "src/other.cpp"));
}

TEST_F(ConflictQuestion, LeavesEverythingAsItWasAfterANo) {
  stand_on_what_goes();
  const std::string before = world();
  const Seen seen = ask_a_person({}, {});
  EXPECT_TRUE(contains(seen.bytes, the_question)) << seen.bytes;
  EXPECT_EQ(seen.status, 1) << seen.bytes;
  EXPECT_EQ(world(), before);
}

TEST_F(ConflictQuestion, IsNotAskedOfWhomeverSaidWhatToDo) {
  stand_on_what_goes();
  for (const std::string option :
       {"--conflicts=stop", "--conflicts=skip", "--conflicts=closure", "--dry-run", "--json"}) {
    const Seen seen = ask_a_person({option}, {});
    EXPECT_FALSE(contains(seen.bytes, the_question)) << option << seen.bytes;
  }
}

// What it does not fit lies on the other side of a fork in the history.
TEST_F(ConflictQuestion, IsNotAskedWhereTheCommitStandsOnNoneThatGoes) {
  git({"reset", "-q", "--hard", "HEAD^"});
  commit("src/other.cpp", "other\n");
  ASSERT_STATUS(0, rollback({"deploy", "--", "true"}));
  commit("src/playerbot.cpp", "version 1, and more\n");
  const Seen seen = ask_a_person({}, {});
  EXPECT_TRUE(contains(seen.bytes, "does not apply without what goes")) << seen.bytes;
  EXPECT_FALSE(contains(seen.bytes, the_question)) << seen.bytes;
}

TEST_F(ConflictQuestion, IsNeverAskedWithoutATerminal) {
  stand_on_what_goes();
  const std::string before = world();
  const Finished said = shell("yes | git-rollback --target previous");
  EXPECT_STATUS(1, said);
  EXPECT_FALSE(contains(said.out + said.err, the_question)) << said.err;
  EXPECT_EQ(world(), before);
}

}  // namespace
}  // namespace rollback::testing
