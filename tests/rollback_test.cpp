// The main job: a bad deploy is rolled back, in whole or in part, shown before,
// and refused where something stands in the way.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class Rollback : public ServiceFixture {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    a_bad_deploy();
    target_ = live().at("parent");
  }

  Finished roll_back(Words more = {}) {
    Words all{"--component", "playerbot", "--yes"};
    all.insert(all.end(), more.begin(), more.end());
    return rollback(all);
  }

  std::string rows() { return sql("SELECT name FROM playerbot ORDER BY id"); }

  static constexpr const char* everything = "code database config binaries ";

  std::string target_;
};

// --- all of it --------------------------------------------------------------

TEST_F(Rollback, BringsBackEveryPart) {
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(back(), everything);
}

TEST_F(Rollback, RunsTheBuildOfThePoint) {
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(read("var/running"), "build 1.1\n");
}

TEST_F(Rollback, KeepsEveryRowThatWasWrittenSince) {
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(rows(), "ada\nben\ncat\ndan\n");
}

TEST_F(Rollback, GivesTablesAndIndexesTheirExactSql) {
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(sql("SELECT sql FROM sqlite_schema WHERE name IN ('playerbot', 'playerbot_by_name',"
                " 'playerbot_guild', 'playerbot_born') ORDER BY name"),
            "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT NOT NULL)\n"
            "CREATE INDEX playerbot_by_name ON playerbot(name)\n");
}

TEST_F(Rollback, IsOneCommitOnTopThatNamesWhatItUndid) {
  const std::string bad = git({"rev-parse", "HEAD"});
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(git({"rev-parse", "HEAD~1"}), bad);
  EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), git({"rev-parse", bad + "~1^{tree}"}));
  EXPECT_EQ(git({"log", "-1", "--format=%(trailers:key=Reverts,valueonly)"}).substr(0, 40), bad);
  EXPECT_EQ(git({"log", "-1", "--format=%(trailers:key=Rollback-To,valueonly)"})
                .substr(0, target_.size()),
            target_);
}

TEST_F(Rollback, LeavesNothingToCommit) {
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(Rollback, MakesLiveWhatThePointWas) {
  EXPECT_STATUS(0, roll_back());
  const json now = live(), point = recorded(target_);
  EXPECT_EQ(now.at("parent"), point.at("parent"));
  EXPECT_EQ(now.at("deploy"), point.at("deploy"));
  EXPECT_EQ(now.at("git_hash"), git({"rev-parse", "HEAD"}));
  EXPECT_EQ(now.at("releases").at("playerbot"), "1.1");
}

TEST_F(Rollback, RecordsTheStateThatItLeftAsAPoint) {
  const std::string bad = git({"rev-parse", "HEAD"});
  EXPECT_STATUS(0, roll_back());
  const json left = recorded(events("rollback").back().at("left"));
  EXPECT_EQ(left.at("git_hash"), bad);
  EXPECT_EQ(left.at("parent"), target_);
  EXPECT_EQ(left.at("verdict"), "failed");
}

TEST_F(Rollback, IsAnEventOnTheDeployThatItLeft) {
  EXPECT_STATUS(0, roll_back({"--reason", "raids crash"}));
  const json event = events("rollback").back();
  EXPECT_EQ(event.value("outcome", ""), "done");
  EXPECT_EQ(event.value("to", ""), target_);
  EXPECT_EQ(event.value("deploy", ""), target_);  // the deploy whose pre-deploy recorded it
  EXPECT_EQ(event.value("reason", ""), "raids crash");
}

TEST_F(Rollback, MakesTheDeployThatItLeftAFailedOne) {
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "3.0", "build 3.0"}));
  ASSERT_EQ(live().at("verdict"), "stable");
  EXPECT_STATUS(0, roll_back({"--target", target_}));
  EXPECT_EQ(recorded(events("rollback").back().at("left")).at("verdict"), "failed");
}

// --- parts of it ------------------------------------------------------------

// The build stays broken, so the smoke test must look at something else.
class RollbackOfParts : public Rollback {
 protected:
  void SetUp() override {
    Rollback::SetUp();
    script("tools/smoke", "exit 0");
  }
};

TEST_F(RollbackOfParts, OfOneLeavesTheOthers) {
  for (const auto& [part, name] : std::map<std::string, std::string>{{"playerbot/code", "code "},
                                                                     {"playerbot/db", "database "},
                                                                     {"config", "config "},
                                                                     {"binaries", "binaries "}}) {
    save();
    EXPECT_STATUS(0, rollback({"--component", part, "--yes", "--target", target_}));
    EXPECT_EQ(back(), name);
    restore();
  }
}

TEST_F(RollbackOfParts, OfAListIsOfEachOfThem) {
  EXPECT_STATUS(0, rollback({"--components", "code,config", "--yes"}));
  EXPECT_EQ(back(), "code config ");
}

TEST_F(RollbackOfParts, LeavesLivesParentAndDeploy) {
  const json before = live();
  EXPECT_STATUS(0, rollback({"--component", "playerbot/code", "--yes"}));
  const json after = live();
  EXPECT_EQ(after.at("parent"), before.at("parent"));
  EXPECT_EQ(after.at("deploy"), before.at("deploy"));
  EXPECT_EQ(after.at("git_hash"), git({"rev-parse", "HEAD"}));
}

TEST_F(RollbackOfParts, CanBeFollowedByTheRestToTheSamePoint) {
  ASSERT_STATUS(0, rollback({"--component", "playerbot/code", "--yes"}));
  EXPECT_STATUS(0, roll_back({"--target", target_}));
  EXPECT_EQ(back(), everything);
}

TEST_F(Rollback, OfWhatIsThereAlreadySaysSo) {
  ASSERT_STATUS(0, roll_back());
  const std::string refs = git({"for-each-ref"});
  const Finished said = roll_back({"--target", target_});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "already")) << said.out;
  EXPECT_EQ(git({"for-each-ref"}), refs);
}

TEST_F(Rollback, OfANameThatNothingHasIsAUsageError) {
  for (const std::string name : {"nosuch", "playerbot/nosuch", "playerbot/code/db"}) {
    expect_refusal({"--yes", "--component", name}, "error: ", 129);
  }
}

// --- looking first ----------------------------------------------------------

TEST_F(Rollback, ADryRunChangesNothing) {
  const std::string before = world(), refs = git({"for-each-ref"});
  const Finished shown = rollback({"--component", "playerbot", "--dry-run", "--yes"});
  EXPECT_STATUS(0, shown);
  EXPECT_TRUE(contains(shown.out, "playerbot/database")) << shown.out;
  EXPECT_EQ(world(), before);
  EXPECT_EQ(git({"for-each-ref"}), refs);
}

TEST_F(Rollback, ADryRunShowsRefusalsAndEndsWell) {
  ASSERT_STATUS(0, shell("rm -r releases/1.1"));
  const json shown = plan({"--target", target_});
  EXPECT_EQ(shown.at("refusals").size(), 1);
}

TEST_F(Rollback, WithoutATerminalItShowsThePlanAndNeedsYes) {
  expect_refusal({"--component", "playerbot"}, "--yes");
  EXPECT_TRUE(contains(rollback({"--component", "playerbot"}).out, "playerbot/binaries"));
}

TEST_F(Rollback, ItsJsonHasEveryKeyOfTheContract) {
  const json object = plan({});
  EXPECT_EQ(object.at("format"), 1);
  EXPECT_EQ(object.at("recommended_target").get<std::string>().size(), 40);
  EXPECT_EQ(object.at("recommended_point"), target_);
  EXPECT_TRUE(object.at("estimated_downtime").is_null());
  EXPECT_EQ(object.at("data_loss_risk"), "none");
  EXPECT_EQ(object.at("affected_features"), (json::array({"playerbot", "raid"})));
  ASSERT_EQ(object.at("rollback_points").size(), 3);
  for (const auto& point : object.at("rollback_points")) {
    EXPECT_EQ(point.at("timestamp").get<std::string>().size(), 20);
    EXPECT_TRUE(point.at("version").is_null());
    EXPECT_EQ(point.at("git_hash").get<std::string>().size(), 40);
    EXPECT_EQ(point.at("components"), (json{"code", "db", "config", "binaries"}));
    const json score = point.at("point") == target_ ? json(100) : json();
    EXPECT_EQ(point.at("health_score"), score);
  }
}

TEST_F(Rollback, ItsJsonIsAllThatIsOnStandardOutput) {
  const Finished said = roll_back({"--json"});
  EXPECT_STATUS(0, said);
  const json object = json::parse(said.out, nullptr, false);
  ASSERT_TRUE(object.is_object()) << said.out;
  EXPECT_EQ(object.at("result").at("outcome"), "done");
}

TEST_F(Rollback, OnceMeasuredTheDowntimeIsEstimatedInMilliseconds) {
  ASSERT_STATUS(0, roll_back());
  const std::string estimate = plan({"--target", "previous", "--again"}).at("estimated_downtime");
  EXPECT_TRUE(estimate.ends_with(" ms") && std::stoi(estimate) >= 0) << estimate;
}

TEST_F(Rollback, PointsOfOneSecondAreListedNewestFirstToo) {
  for (int i = 0; i < 5; ++i) {
    commit("notes", std::to_string(i));
    ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
    ASSERT_STATUS(1, rollback({"hook", "post-deploy", "--status", "0"}));
  }
  json expected = live().at("parent");
  for (const auto& point : points()) {
    ASSERT_EQ(point.at("point"), expected);
    expected = point.at("parent");
  }
}

// --- what stands in the way -------------------------------------------------

TEST_F(Rollback, KeepsCommitsThatAreNotDeployedYet) {
  commit("src/late.cpp", "late\n");
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(back(), everything);
  EXPECT_EQ(read("src/late.cpp"), "late\n");
}

TEST_F(Rollback, DropsUndeployedCommitsWhenAsked) {
  commit("src/late.cpp", "late\n");
  EXPECT_STATUS(0, roll_back({"--drop-undeployed"}));
  EXPECT_FALSE(fs::exists(top() / "src/late.cpp"));
}

TEST_F(Rollback, StopsAtAnUndeployedCommitThatConflictsAndNamesTheFile) {
  commit("src/playerbot.cpp", "version 3\n");
  expect_refusal({"--yes"}, "'src/playerbot.cpp'");
}

TEST_F(Rollback, NamesTheLocalChangesThatItWouldOverwrite) {
  write("src/playerbot.cpp", "my own\n");
  expect_refusal({"--yes"}, "'src/playerbot.cpp'");
}

TEST_F(Rollback, KeepsLocalChangesThatAreNotInTheWay) {
  write(".gitignore", read(".gitignore") + "*.mine\n");
  EXPECT_STATUS(0, roll_back());
  EXPECT_TRUE(contains(read(".gitignore"), "*.mine"));
}

TEST_F(RollbackOfParts, TakesOnlyTheCodeOfAnotherHostsPoint) {
  ASSERT_STATUS(0, shell("ref=refs/rollback/production/points/" + target_ +
                         "; tag=$(git cat-file tag $ref | sed 's/^Rollback-Host: .*/Rollback-Host: "
                         "elsewhere/' | git mktag) && git update-ref $ref $tag && git update-ref"
                         " refs/tags/rollback/production/" +
                         target_ + " $tag"));
  for (const std::string part : {"database", "config", "binaries"}) {
    expect_refusal({"--yes", "--target", target_},
                   "playerbot/" + part + ": its store is on host 'elsewhere'");
  }
  EXPECT_STATUS(0, rollback({"--yes", "--target", target_, "--component", "playerbot/code"}));
}

TEST_F(Rollback, RefusesAPartThatThePointDoesNotHold) {
  ASSERT_STATUS(0, rollback({"record", "--version", "half", "--component", "playerbot/config"}));
  expect_refusal({"--yes", "--target", "half"}, "playerbot/binaries: the point does not hold it");
}

TEST_F(Rollback, OfARollbackNeedsAgain) {
  ASSERT_STATUS(0, roll_back());
  expect_refusal({"--yes", "--target", "previous"}, "--again");
  EXPECT_STATUS(0, roll_back({"--target", "previous", "--again"}));
}

TEST_F(Rollback, ToAPointThatWasRolledBackFromNeedsAgain) {
  ASSERT_STATUS(0, roll_back());
  const std::string left = events("rollback").back().at("left");
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "3.0", "build 3.0"}));
  expect_refusal({"--yes", "--target", left}, "--again");
}

}  // namespace
}  // namespace rollback::testing
