// Whose rows go live: auto, restore and keep_all, what they lose, and what an
// emergency leaves rather than lose it.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

// Before the bad deploy: ada, ben and cat. Dan came after it.
class RollbackRows : public ServiceFixture {
 protected:
  void SetUp() override { a_bad_deploy(); }

  Finished roll_back(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all{"--component", "playerbot", "--yes"};
    all.insert(all.end(), more.begin(), more.end());
    return rollback(all);
  }

  std::string rows() { return sql("SELECT name FROM playerbot ORDER BY id"); }
  void a_value_that_would_go() { sql("UPDATE playerbot SET guild = 'red' WHERE name = 'dan'"); }

  // The newest table that holds what was displaced.
  std::string displaced(const std::string& table) {
    const std::string name =
        sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '" + table +
            "_out_20%' ORDER BY rowid DESC LIMIT 1");
    return name.substr(0, name.find('\n'));
  }

  static constexpr const char* everything = "code database config binaries ";
};

TEST_F(RollbackRows, AutoKeepsTodaysRowsInThePointsStructure) {
  EXPECT_STATUS(0, roll_back({"--rows=auto"}));
  EXPECT_EQ(sql("SELECT * FROM playerbot ORDER BY id"), "1|ada\n2|ben\n3|cat\n4|dan\n");
}

TEST_F(RollbackRows, AutoStopsWhereAColumnThatGoesHoldsAValue) {
  a_value_that_would_go();
  expect_refusal({"--yes"}, "'guild'");
}

TEST_F(RollbackRows, AutoStopsWhereATableThatGoesHoldsARow) {
  sql("INSERT INTO playerbot_guild(name) VALUES ('red')");
  expect_refusal({"--yes"}, "'playerbot_guild'");
}

TEST_F(RollbackRows, WhereAutoStopsItShowsWhatEachChoiceLoses) {
  a_value_that_would_go();
  const Finished said = roll_back();
  EXPECT_TRUE(contains(said.err, "--rows=restore --accept-data-loss=minimal  # loses 1 row"))
      << said.err;
  EXPECT_TRUE(contains(said.err, "--rows=keep_all --accept-data-loss=minimal")) << said.err;
  EXPECT_TRUE(contains(said.err, "loses 1 row")) << said.err;
}

TEST_F(RollbackRows, WhereAutoStopsThePlanTellsNothingThatWasNotCounted) {
  a_value_that_would_go();
  const Finished said = rollback({"-n"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "playerbot/database  cannot\n")) << said.out;
  EXPECT_FALSE(contains(said.out, "untouched")) << said.out;
  EXPECT_TRUE(contains(said.out, "data loss: unknown")) << said.out;
  EXPECT_FALSE(contains(said.err, "it is unknown how many rows")) << said.err;
  const json shown = plan({});
  EXPECT_EQ(shown.at("rows_lost"), nullptr);
  EXPECT_EQ(shown.at("data_loss_risk"), nullptr);
  for (const json& part : shown.at("parts")) {
    if (part.at("part") != "db") continue;
    EXPECT_EQ(part.at("rows_lost"), nullptr);
    EXPECT_EQ(part.at("details"), json::array());
  }
}

TEST_F(RollbackRows, APlanSaysWhyAnEmergencyWouldLeaveThem) {
  const Finished said = rollback({"-n", "--emergency", "--rows=restore"});
  EXPECT_TRUE(contains(said.out, "playerbot/database  stays, for its rows\n")) << said.out;
  EXPECT_TRUE(contains(said.out, "playerbot/database: 1 row would be lost\n")) << said.out;
}

TEST_F(RollbackRows, ARefusalSaysOnceThatNothingWasChanged) {
  const Finished said = shell(
      "mkfifo ../hold; sqlite3 var/characters.db <../hold & exec 3>../hold;"
      " echo 'BEGIN IMMEDIATE;' >&3; sleep 1; git rollback --yes; exec 3>&-; wait");
  const std::string words = "nothing was changed";
  const size_t at = said.err.find(words);
  ASSERT_NE(at, std::string::npos) << said.err;
  EXPECT_EQ(said.err.find(words, at + 1), std::string::npos) << said.err;
}

TEST_F(RollbackRows, AutoBringsNothingAboutWhereStructureIsAsAtThePoint) {
  ASSERT_STATUS(0, roll_back());
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "3.0", "build 3.0"}));
  sql("INSERT INTO playerbot(name) VALUES ('eve')");
  const std::string before = displaced("playerbot");
  EXPECT_STATUS(0, roll_back({"--target", "previous"}));
  EXPECT_EQ(rows(), "ada\nben\ncat\ndan\neve\n");
  EXPECT_EQ(displaced("playerbot"), before);
}

TEST_F(RollbackRows, RestoreIsRefusedWithoutConsentAndCountsTheLoss) {
  expect_refusal({"--yes", "--rows=restore"}, "1 row would be lost");
}

TEST_F(RollbackRows, TheLossIsInTheJson) {
  const json shown = plan({"--rows=restore"});
  EXPECT_EQ(shown.at("rows_lost"), 1);
  EXPECT_EQ(shown.at("data_loss_risk"), "minimal");
  EXPECT_EQ(shown.at("refusals").size(), 1);
}

TEST_F(RollbackRows, RestoreGivesThePointsRowsBack) {
  sql("UPDATE playerbot SET name = 'ann' WHERE id = 1");
  EXPECT_STATUS(0, roll_back({"--rows=restore", "--accept-data-loss=minimal"}));
  EXPECT_EQ(rows(), "ada\nben\ncat\n");
}

TEST_F(RollbackRows, RestoreKeepsTheDisplacedRowsAside) {
  EXPECT_STATUS(0, roll_back({"--rows=restore", "--accept-data-loss=minimal"}));
  EXPECT_EQ(sql("SELECT name FROM \"" + displaced("playerbot") + "\" ORDER BY id"),
            "ada\nben\ncat\ndan\n");
}

TEST_F(RollbackRows, RestoreIsNoLossWhereNothingWasWritten) {
  sql("DELETE FROM playerbot WHERE name = 'dan'");
  EXPECT_EQ(plan({"--rows=restore"}).at("data_loss_risk"), "none");
}

TEST_F(RollbackRows, KeepAllOfAValueThatGoesIsRefusedWithoutConsent) {
  a_value_that_would_go();
  expect_refusal({"--yes", "--rows=keep_all"}, "1 row would be lost");
}

TEST_F(RollbackRows, KeepAllKeepsTheRowWhoseValueGoes) {
  a_value_that_would_go();
  EXPECT_STATUS(0, roll_back({"--rows=keep_all", "--accept-data-loss=minimal"}));
  EXPECT_EQ(rows(), "ada\nben\ncat\ndan\n");
  EXPECT_EQ(sql("SELECT guild FROM \"" + displaced("playerbot") + "\" WHERE name = 'dan'"),
            "red\n");
}

TEST_F(RollbackRows, ALossAboveTheMinimalOneNeedsMoreConsent) {
  git({"config", "rollback.minimalLoss", "0"});
  expect_refusal({"--yes", "--rows=restore", "--accept-data-loss=minimal"},
                 "--accept-data-loss=significant");
  EXPECT_STATUS(0, roll_back({"--rows=restore", "--accept-data-loss=significant"}));
}

TEST_F(RollbackRows, TheMinimalLossIsTenRows) {
  sql("INSERT INTO playerbot(name) VALUES ('1'),('2'),('3'),('4'),('5'),('6'),('7'),('8'),('9')");
  EXPECT_EQ(plan({"--rows=restore"}).at("data_loss_risk"), "minimal");
  sql("INSERT INTO playerbot(name) VALUES ('10')");
  EXPECT_EQ(plan({"--rows=restore"}).at("data_loss_risk"), "significant");
}

TEST_F(RollbackRows, OtherWordsForRowsOrLossAreUsageErrors) {
  expect_refusal({"--yes", "--rows=some"}, "'some'", 129);
  expect_refusal({"--yes", "--accept-data-loss=all"}, "'all'", 129);
}

// --- an emergency -----------------------------------------------------------

TEST_F(RollbackRows, AnEmergencyAsksNobody) {
  EXPECT_STATUS(0, rollback({"--emergency", "--target", "last_stable"}));
  EXPECT_EQ(back(), everything);
}

TEST_F(RollbackRows, AnEmergencyLeavesTheDatabaseRatherThanLoseRows) {
  a_value_that_would_go();
  EXPECT_STATUS(1, rollback({"--emergency"}));
  EXPECT_EQ(back(), "code config binaries ");
  EXPECT_EQ(sql("SELECT guild FROM playerbot WHERE name = 'dan'"), "red\n");
}

TEST_F(RollbackRows, AnEmergencyThatLeftThemIsAPartialEvent) {
  a_value_that_would_go();
  EXPECT_STATUS(1, rollback({"--emergency"}));
  const json event = events("rollback").back();
  EXPECT_EQ(event.at("outcome"), "partial");
  EXPECT_EQ(event.at("parts").size(), 3);
}

TEST_F(RollbackRows, AnEmergencyThatLeftThemKeepsLivesParentAndDeploy) {
  a_value_that_would_go();
  const json before = live();
  EXPECT_STATUS(1, rollback({"--emergency"}));
  EXPECT_EQ(live().at("parent"), before.at("parent"));
  EXPECT_EQ(live().at("deploy"), before.at("deploy"));
}

TEST_F(RollbackRows, AnEmergencyThatLeftThemAlertsWithACommandThatWorks) {
  a_value_that_would_go();
  const std::string said = rollback({"--emergency"}).err;
  const size_t at = said.find("git rollback --target ");
  ASSERT_NE(at, std::string::npos) << said;
  const std::string command = said.substr(at, said.find("\n", at) - at);
  EXPECT_TRUE(contains(command, "playerbot/database")) << said;
  EXPECT_STATUS(0, shell(command + " --yes --rows=restore --accept-data-loss=minimal"));
  EXPECT_EQ(back(), everything);
}

TEST_F(RollbackRows, AnEmergencyThatLeftThemAndWasKilledAlertsWhenItIsContinued) {
  a_value_that_would_go();
  save();
  const auto alert_of = [](const Finished& said) {
    const size_t at = said.err.find("error: playerbot/database stays as it is");
    return at == std::string::npos ? "no alert: " + said.err : said.err.substr(at);
  };
  const Finished whole = rollback({"--emergency"});
  ASSERT_STATUS(1, whole);
  const std::string expected = alert_of(whole);
  EXPECT_TRUE(contains(expected, "--rows=")) << expected;
  for (const char* const place : {"intend after", "published after"}) {
    restore();
    rollback({"--emergency"}, {{"GIT_ROLLBACK_FAIL_POINT", place}});
    const Finished continued = rollback({"--continue"});
    EXPECT_STATUS(1, continued);
    EXPECT_EQ(alert_of(continued), expected) << place;
  }
}

TEST_F(RollbackRows, AnEmergencyLeavesADatabaseThatIsOutOfReach) {
  for (const char* const how : {"echo none >var/characters.db", "true"}) {
    SCOPED_TRACE(how);
    ASSERT_STATUS(
        0, shell("mkdir -p var/away && mv var/characters.db* var/away && " + std::string(how)));
    save();
    const Finished refused = rollback({"--yes"});
    EXPECT_STATUS(1, refused);
    EXPECT_TRUE(contains(refused.err, "to go back without it, add --emergency")) << refused.err;
    const Finished said = rollback({"--emergency"});
    EXPECT_STATUS(1, said);
    EXPECT_TRUE(contains(said.out, "stays, cannot go")) << said.out;
    const size_t at = said.err.find("git rollback --target ");
    ASSERT_NE(at, std::string::npos) << said.err;
    const std::string command = said.err.substr(at, said.err.find("\n", at) - at);
    ASSERT_STATUS(0, shell("rm -f var/characters.db* && mv var/away/* var"));
    EXPECT_EQ(back(), "code config binaries ");
    EXPECT_STATUS(0, shell(command + " --yes --rows=restore --accept-data-loss=minimal"));
    EXPECT_EQ(back(), everything);
    restore();
    ASSERT_STATUS(0, shell("rm -f var/characters.db* && mv var/away/* var"));
  }
}

TEST_F(RollbackRows, AnEmergencyLeavesADatabaseThatCannotBePrepared) {
  const std::string backups =
      sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'playerbot_backup%'");
  for (const auto backup : split(backups, '\n')) {
    sql("UPDATE " + std::string(backup) + " SET name = 'evil'");
  }
  const std::vector<std::string> words{"--rows=restore", "--accept-data-loss=significant"};
  const std::string before = rows();
  const Finished refused = rollback({words[0], words[1], "--yes"});
  EXPECT_STATUS(1, refused);
  EXPECT_EQ(back(), "");
  const Finished said = rollback({words[0], words[1], "--emergency", "--json"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "error: playerbot/database stays as it is: ")) << said.err;
  EXPECT_TRUE(contains(said.err, "to bring it back once that is put right: git rollback --target"))
      << said.err;
  const json object = json::parse(said.out);
  EXPECT_EQ(object.at("result").at("outcome"), "partial") << object;
  EXPECT_EQ(back(), "code config binaries ");
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(leftovers(), "");
  EXPECT_STATUS(128, rollback({"--continue"}));
  const json event = events("rollback").back();
  EXPECT_EQ(event.at("left_out").size(), 1);
}

TEST_F(RollbackRows, AnEmergencyGoesToAStablePointWhoseBackupsAreGone) {
  const std::string backups =
      sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'playerbot_backup%'");
  for (const auto backup : split(backups, '\n')) sql("DROP TABLE " + std::string(backup));
  const Finished refused = rollback({"--yes"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "there is no stable point to go back to")) << refused.err;
  EXPECT_TRUE(contains(refused.err, "hint: to go back without what cannot: --components"))
      << refused.err;
  EXPECT_STATUS(1, rollback({"--emergency"}));
  EXPECT_EQ(back(), "code config binaries ");
}

TEST_F(RollbackRows, AnEmergencyThatIsTypedTwiceRecordsNothingTheSecondTime) {
  a_value_that_would_go();
  ASSERT_STATUS(1, rollback({"--emergency"}));
  const size_t recorded = events("rollback").size();
  const Finished again = rollback({"--emergency"});
  EXPECT_STATUS(1, again);
  EXPECT_TRUE(contains(again.out, "everything else is already at ")) << again.out;
  EXPECT_TRUE(contains(again.err, "error: playerbot/database stays as it is: ")) << again.err;
  EXPECT_EQ(events("rollback").size(), recorded);
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(back(), "");
}

TEST_F(RollbackRows, AfterAnEmergencyThatLeftThemStatusSaysWhatIsLeft) {
  a_value_that_would_go();
  ASSERT_STATUS(1, rollback({"--emergency"}));
  const Finished said = rollback({"status"});
  EXPECT_TRUE(contains(said.out, "in part  ")) << said.out;
  EXPECT_TRUE(contains(said.out, "left:         playerbot/database")) << said.out;
  EXPECT_FALSE(contains(said.out, "failed")) << said.out;
  const size_t at = said.err.find("git rollback --target ");
  ASSERT_NE(at, std::string::npos) << said.err;
  const std::string command = said.err.substr(at, said.err.find('\n', at) - at);
  EXPECT_STATUS(0, shell(command + " --yes --rows=restore --accept-data-loss=minimal"));
  EXPECT_EQ(back(), everything);
  const Finished after = rollback({"status"});
  EXPECT_TRUE(contains(after.out, "by parts")) << after.out;
  EXPECT_FALSE(contains(after.err, "git rollback")) << after.err;
  EXPECT_EQ(live().at("partly_back").at("left_out"), json::object());
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
}

TEST_F(RollbackRows, AnEmergencyGoesOnWhereTheLossWasAccepted) {
  EXPECT_STATUS(0, rollback({"--emergency", "--rows=restore", "--accept-data-loss=minimal"}));
  EXPECT_EQ(rows(), "ada\nben\ncat\n");
}

TEST_F(RollbackRows, AnEmergencyStillStopsForWhatIsNotAboutRows) {
  write("releases/1.1/server", "build 1.1 meddled with\n");
  expect_refusal({"--emergency"}, "1.1");
}

}  // namespace
}  // namespace rollback::testing
