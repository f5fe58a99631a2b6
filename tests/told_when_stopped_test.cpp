// What a person is told of an operation that was killed: how long the service was
// down, which way it goes, and, where somebody changed a table since, what differs.
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

class ToldWhenStopped : public ServiceFixture {
 protected:
  void SetUp() override {
    a_bad_deploy();
    const Finished killed =
        rollback({"--yes"}, {{"GIT_ROLLBACK_FAIL_POINT", "swap database var/characters.db after"}});
    ASSERT_STATUS(128 + 9, killed);
  }
  void somebody_alters() { sql("ALTER TABLE playerbot ADD COLUMN fame INTEGER"); }
  std::string state() {
    return nlohmann::json::parse(rollback({"status", "--json"}).out).at("in_flight").at("state");
  }
};

TEST_F(ToldWhenStopped, TheDowntimeCountsFromTheIntentOnAndIsNoMeasure) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  const Finished said = rollback({"--continue"});
  ASSERT_STATUS(0, said);
  const std::string words = "down for at most ";
  const size_t at = said.out.find(words);
  ASSERT_NE(at, std::string::npos) << said.out;
  EXPECT_GE(std::stol(said.out.substr(at + words.size())), 1200) << said.out;
  EXPECT_EQ(nlohmann::json::parse(rollback({"undo", "-n", "--json"}).out).at("estimated_downtime"),
            nullptr);
}

TEST_F(ToldWhenStopped, ARefusedAbortOrContinueLeavesTheStateAsItWas) {
  somebody_alters();
  EXPECT_STATUS(1, rollback({"--abort"}));
  EXPECT_EQ(state(), "intended");
  EXPECT_STATUS(1, rollback({"--continue"}));
  EXPECT_EQ(state(), "intended");
}

TEST_F(ToldWhenStopped, ARefusedContinueOfOneThatGoesBackLeavesItSo) {
  ASSERT_STATUS(128 + 9, rollback({"--abort"}, {{"GIT_ROLLBACK_FAIL_POINT", "back before"}}));
  EXPECT_EQ(state(), "reverting");
  somebody_alters();
  EXPECT_STATUS(1, rollback({"--continue"}));
  EXPECT_EQ(state(), "reverting");
}

TEST_F(ToldWhenStopped, WhatDiffersInATableIsNamedAndBothWaysOn) {
  somebody_alters();
  for (const char* const way : {"--continue", "--abort"}) {
    const Finished said = rollback({way});
    EXPECT_STATUS(1, said);
    for (const char* const words :
         {"table 'playerbot' has another definition: it has column 'fame'",
          "take back what was changed there", "git rollback --continue", "git rollback --abort"}) {
      EXPECT_TRUE(contains(said.err, words)) << said.err;
    }
  }
  sql("ALTER TABLE playerbot DROP COLUMN fame");
  EXPECT_STATUS(0, rollback({"--abort"}));
}

}  // namespace
}  // namespace rollback::testing
