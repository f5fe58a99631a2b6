// The last rollback taken back: the very world that it left, and no row lost
// that was written since.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class Undo : public ServiceFixture {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override { a_bad_deploy(); }

  void roll_back(const Words& more = {}) {
    Words all{"--component", "playerbot", "--yes"};
    all.insert(all.end(), more.begin(), more.end());
    ASSERT_STATUS(0, rollback(all));
  }

  // The bad build is what comes back, so the smoke test must not look at it.
  void pass_the_smoke_test() { script("tools/smoke", "exit 0"); }

  std::string rows() { return sql("SELECT name FROM playerbot ORDER BY id"); }
};

TEST_F(Undo, GivesTheWorldBackByteForByte) {
  sql("UPDATE playerbot SET guild = 'red' WHERE id > 2; INSERT INTO playerbot_guild VALUES (7, "
      "'red')");
  pass_the_smoke_test();
  const std::string before = service();
  const std::string guilds = sql("SELECT * FROM playerbot_guild");
  roll_back({"--rows=restore", "--accept-data-loss=significant"});
  ASSERT_NE(service(), before);
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), before);
  EXPECT_EQ(sql("SELECT * FROM playerbot_guild"), guilds);
  EXPECT_EQ(leftovers(), "");
}

TEST_F(Undo, GivesBackTheModeOfAConfigFile) {
  pass_the_smoke_test();
  ASSERT_STATUS(0, shell("chmod 600 etc/playerbot.conf"));
  roll_back();
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(shell("stat -c %a etc/playerbot.conf").out, "600\n");
}

TEST_F(Undo, GivesBackUndeployedCommitsThatWereDropped) {
  pass_the_smoke_test();
  commit("src/late.cpp", "late\n");
  roll_back({"--drop-undeployed"});
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(shell("cat src/late.cpp").out, "late\n");
}

TEST_F(Undo, WorksThoughTheStateThatItReturnsToFailsItsSmokeTest) {
  roll_back();
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(back(), "");
}

TEST_F(Undo, IsANewCommitAndANewLiveRecord) {
  pass_the_smoke_test();
  roll_back();
  const std::string head = git({"rev-parse", "HEAD"});
  const std::string record = git({"rev-parse", "refs/rollback/production/live"});
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(git({"rev-parse", "HEAD~1"}), head);
  EXPECT_EQ(git({"rev-parse", "refs/rollback/production/live^1"}), record);
}

TEST_F(Undo, PutsLivesParentDeployAndReleaseBack) {
  pass_the_smoke_test();
  const json before = live();
  roll_back();
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  for (const char* key : {"parent", "deploy", "releases"}) {
    EXPECT_EQ(live().at(key), before.at(key)) << key;
  }
}

TEST_F(Undo, WithdrawsTheVerdictThatTheRollbackGave) {
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "3.0", "build 3.0"}));
  ASSERT_EQ(live().at("verdict"), "stable");
  roll_back({"--target", recorded(live().at("parent")).at("parent")});
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(live().at("verdict"), "stable");
}

TEST_F(Undo, OfPartsBringsBackThoseParts) {
  pass_the_smoke_test();
  const std::string before = service();
  ASSERT_STATUS(0, rollback({"--components", "code,config", "--yes"}));
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), before);
}

TEST_F(Undo, TakesAWordAboutConflictsWhereCodeComesBackAndNowhereElse) {
  pass_the_smoke_test();
  ASSERT_STATUS(0, rollback({"--component", "config", "--yes"}));
  expect_refusal({"undo", "--yes", "--conflicts=stop"}, "--conflicts is about code", 129);
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  roll_back({"--again"});
  EXPECT_STATUS(0, rollback({"undo", "--yes", "--conflicts=stop"}));
}

TEST_F(Undo, KeepsRowsThatWereWrittenSinceWhereNothingIsLost) {
  pass_the_smoke_test();
  roll_back();
  sql("INSERT INTO playerbot(name) VALUES ('eve')");
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(rows(), "ada\nben\ncat\ndan\neve\n");
}

TEST_F(Undo, FillsAColumnThatComesBackWithTheValuesThatWereDisplaced) {
  sql("UPDATE playerbot SET guild = 'red' WHERE name = 'dan'");
  pass_the_smoke_test();
  roll_back({"--rows=keep_all", "--accept-data-loss=minimal"});
  sql("INSERT INTO playerbot(name) VALUES ('eve')");
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(sql("SELECT name, guild FROM playerbot WHERE id > 3 ORDER BY id"), "dan|red\neve|\n");
}

TEST_F(Undo, StopsWhereRowsWrittenSinceWouldBeLost) {
  pass_the_smoke_test();
  roll_back({"--rows=restore", "--accept-data-loss=minimal"});
  sql("INSERT INTO playerbot(name) VALUES ('eve')");
  expect_refusal({"undo", "--yes"}, "1 row");
}

TEST_F(Undo, LosesRowsWrittenSinceOnlyWithConsent) {
  pass_the_smoke_test();
  roll_back({"--rows=restore", "--accept-data-loss=minimal"});
  sql("INSERT INTO playerbot(name) VALUES ('eve')");
  EXPECT_STATUS(0, rollback({"undo", "--yes", "--rows=restore", "--accept-data-loss=significant"}));
  EXPECT_EQ(rows(), "ada\nben\ncat\ndan\n");
}

TEST_F(Undo, ADryRunOfItChangesNothing) {
  roll_back();
  const std::string before = world(), refs = git({"for-each-ref"});
  EXPECT_STATUS(0, rollback({"undo", "--dry-run"}));
  EXPECT_EQ(world(), before);
  EXPECT_EQ(git({"for-each-ref"}), refs);
}

TEST_F(Undo, NeedsYesWithoutATerminal) {
  roll_back();
  expect_refusal({"undo"}, "--yes");
}

TEST_F(Undo, ASecondTimeHasNothingToUndo) {
  pass_the_smoke_test();
  roll_back();
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  expect_refusal({"undo", "--yes"}, "no rollback");
}

TEST_F(Undo, OfTwoRollbacksGoesToTheOneBefore) {
  pass_the_smoke_test();
  const std::string bad = service();
  roll_back();
  const std::string good = service();
  roll_back({"--target", "previous", "--again"});
  ASSERT_NE(service(), good);
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), good);
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), bad);
}

TEST_F(Undo, AfterItTheRollbackCanBeDoneAgainWithoutAgain) {
  pass_the_smoke_test();
  roll_back();
  const std::string rolled_back = service();
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  roll_back();
  EXPECT_EQ(service(), rolled_back);
}

TEST_F(Undo, IsRefusedAfterALaterDeploy) {
  roll_back();
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "3.0", "build 3.0"}));
  expect_refusal({"undo", "--yes"}, "since the last deploy");
}

TEST_F(Undo, IsRefusedWhileADeployIsOpen) {
  roll_back();
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  expect_refusal({"undo", "--yes"}, "a deploy is open");
}

TEST_F(Undo, IsRefusedWhereNothingWasRolledBack) {
  expect_refusal({"undo", "--yes"}, "no rollback");
}

}  // namespace
}  // namespace rollback::testing
