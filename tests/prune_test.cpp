// Retention, on a service with a history: what goes, what never goes, and that
// whatever stays still brings everything back.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "prune_fixture.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

TEST_F(Prune, SaysFirstWhatGoesAndWhy) {
  begin();
  deploys(4);
  keep("points: 2, backups: 1");
  const auto all = ids();
  const Finished said = rollback({"prune", "--dry-run"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "point " + all[4] + " (1 table, ")) << said.out;
  EXPECT_TRUE(contains(said.out, "): past the 2 points kept\n")) << said.out;
  EXPECT_TRUE(contains(said.out, "in all ")) << said.out;
  EXPECT_EQ(ids(), all);
  EXPECT_TRUE(events("pruned").empty());
}

TEST_F(Prune, WithoutATerminalItNeedsYesAndChangesNothing) {
  begin();
  deploys(3);
  keep("points: 2");
  expect_refusal({"prune"}, "without a terminal nobody can be asked");
  expect_refusal({"prune", "--json"}, "run it with --yes");
  EXPECT_EQ(tables_like("%_backup_20%"), "4\n");
}

// A person at the question, who records a point elsewhere before the answer.
TEST_F(Prune, APointIsRecordedWhileItAsksAndThenItStops) {
  begin();
  deploys(3);
  keep("points: 2");
  bool asked = false, recording = true;
  OnTerminal command{{"git-rollback", "prune"}, top(), variables()};
  command.type = [&](const std::string& seen) -> std::string {
    if (asked || !contains(seen, "Remove this for good? [y/N]")) return "";
    asked = true;
    if (recording) {
      EXPECT_STATUS(0, rollback({"record"}));
    }
    return "y\n";
  };
  const Seen seen = run_on_terminal(command);
  EXPECT_TRUE(asked);
  EXPECT_EQ(seen.status, 1) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, "what would go has changed since it was shown")) << seen.bytes;
  EXPECT_EQ(ids().size(), 5U);
  asked = recording = false;
  EXPECT_EQ(run_on_terminal(command).status, 0);
  EXPECT_EQ(ids().size(), 2U);
}

TEST_F(Prune, RemovesPointsWithTagsAndBackupsAndLeavesAnEventForEach) {
  begin();
  deploys(4);
  const auto all = ids();  // five, newest first
  keep("points: 3");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_EQ(ids(), (std::vector<std::string>{all[0], all[1], all[2]}));
  EXPECT_EQ(git({"tag", "--list", "rollback/production/*"}).size(), 3 * (20 + 24 + 1) - 1U);
  EXPECT_EQ(tables_like("%_backup_20%"), "3\n");
  const auto events_left = events("pruned");
  ASSERT_EQ(events_left.size(), 2U);
  for (const auto& event : events_left) {
    const std::string point = event.at("point");
    EXPECT_TRUE(point == all[3] || point == all[4]);
    EXPECT_EQ(event.at("environment"), "production");
    EXPECT_EQ(event.at("why"), "past the 3 points kept");
  }
  EXPECT_STATUS(0, rollback({"verify", "--all"}));
  EXPECT_EQ(rollback({"prune", "--yes"}).out, "nothing to prune\n");
  expect_rolls_back();
}

TEST_F(Prune, APointWhoseBackupsWereTakenSaysSoAndStillBringsBackTheRest) {
  begin();
  deploys(3);
  const auto all = ids();
  keep("backups: 2");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_EQ(ids(), all);
  EXPECT_EQ(tables_like("%_backup_20%"), "2\n");
  const Finished refused = rollback({"--target", all[3], "--yes"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "the backups of point '" + all[3] + "' were pruned on"));
  const Finished verified = rollback({"verify", all[3]});
  EXPECT_STATUS(0, verified);
  EXPECT_TRUE(contains(verified.out, "note: playerbot/database: its backups were pruned on"));
  EXPECT_STATUS(0, rollback({"--target", all[3], "--component", "code,binaries", "--yes"}));
  EXPECT_EQ(fs::read_symlink(top() / "current"), "releases/1.0");
}

TEST_F(Prune, NeverTakesLivesParentTheLastStableOrTheWayToIt) {
  begin();
  deploys(2);
  for (int i = 0; i < 3; ++i) ASSERT_STATUS(1, rollback({"deploy", "--", "false"}));
  const std::string last_stable = plan({}).at("recommended_point");
  ASSERT_NE(last_stable, parent());
  keep("points: 1, backups: 1, max_bytes: 1 B");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  const auto left = ids();
  EXPECT_EQ(left.size(), 3U) << "before each failed deploy, the first of them the last stable";
  EXPECT_EQ(left.back(), last_stable);
  EXPECT_EQ(tables_like("%_backup_20%"), "2\n");
  EXPECT_STATUS(0, rollback({"verify"}));
  EXPECT_EQ(plan({}).at("recommended_point"), last_stable);
  expect_rolls_back();
}

TEST_F(Prune, AnOpenDeployKeepsItsPoint) {
  begin();
  deploys(2);
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  const auto before = ids();
  ASSERT_STATUS(0, rollback({"record"}));
  keep("points: 1, backups: 1");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  const auto left = ids();
  EXPECT_NE(std::find(left.begin(), left.end(), before.front()), left.end());
  ASSERT_STATUS(0, rollback({"hook", "post-deploy", "--status", "1"}));
  expect_rolls_back({"--target", "previous"});
}

TEST_F(Prune, WhatUndoNeedsStaysAndUndoBringsItBack) {
  a_bad_deploy();
  const std::string before = service();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  keep("points: 1, backups: 1, displaced: 1 s, max_bytes: 1 B, min_free: 99%", "1");
  ASSERT_STATUS(0, shell("sleep 1.1"));
  EXPECT_TRUE(would_go("displaced").empty());
  const Finished pruned = rollback({"prune", "--yes"});
  ASSERT_STATUS(0, pruned);
  ASSERT_STATUS(0, shell("git checkout -q .rollback.yml"));
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), before);
}

TEST_F(Prune, DisplacedTablesGoOnceTheyAreOldAndADeployCameSince) {
  a_bad_deploy();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  const std::string left = points().front().at("point");
  const std::string operation = events("rollback").back().at("operation");
  ASSERT_NE(tables_like("%_out_20%"), "0\n");
  write("src/playerbot.cpp", "version 3\n");
  git({"commit", "-q", "-am", "fix(raid): again"});
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "3.0", "build 3.0"}));
  keep("displaced: 1 hour");
  EXPECT_TRUE(would_go("displaced").empty());
  keep("displaced: 1 s");
  ASSERT_STATUS(0, shell("sleep 1.1"));
  EXPECT_EQ(would_go("displaced"), std::vector<std::string>{left});
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_EQ(tables_like("%_out_20%"), "0\n");
  EXPECT_EQ(tables_like("git_rollback_%"), "4\n") << "our own four, and nothing of the operation";
  const auto event = events("pruned").back();
  EXPECT_EQ(event.at("operation"), operation);
  EXPECT_EQ(event.at("backups_of"), left);
  EXPECT_EQ(sql("PRAGMA integrity_check"), "ok\n");
  const Finished refused = rollback({"--target", left, "--again", "--yes"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "were pruned on")) << refused.err;
  expect_rolls_back({"--again"});
}

TEST_F(Prune, BeforeRefsGoWithThePointThatTheirRollbackLeft) {
  a_bad_deploy();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_NE(git({"for-each-ref", "refs/rollback/production/before/"}), "");
  ASSERT_STATUS(0, shell("sleep 2"));  // the point that it left is older than those to come
  write("src/playerbot.cpp", "version 3\n");
  git({"commit", "-q", "-am", "fix(raid): again"});
  for (const std::string name : {"3.0", "3.1"}) {
    ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", name, "build " + name}));
  }
  const std::string config = git({"rev-parse", "refs/rollback/production/config"});
  keep("points: 1");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_NE(git({"for-each-ref", "refs/rollback/production/before/"}), "")
      << "the displaced tables have no limit, and keep their point";
  keep("points: 1, displaced: 1 s");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_EQ(git({"for-each-ref", "refs/rollback/production/before/"}), "");
  EXPECT_EQ(git({"rev-parse", "refs/rollback/production/config"}), config);
  EXPECT_NE(git({"for-each-ref", "refs/heads/rollback/"}), "") << "branches are the user's";
}

TEST_F(Prune, BytesAndFreeSpaceTakeTheOldestBackups) {
  begin();
  deploys(4);
  const auto all = ids();
  keep("max_bytes: 10 kB");
  EXPECT_EQ(would_go("backups"), (std::vector<std::string>{all[4], all[3], all[2]}));
  keep("max_bytes: 1 GB");
  EXPECT_TRUE(would_go("backups").empty());
  keep("min_free: 1 B");
  EXPECT_TRUE(would_go("backups").empty());
  keep("min_free: 8000 TiB");
  EXPECT_EQ(would_go("backups").size(), 4U) << "all but what is needed";
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_EQ(tables_like("%_backup_20%"), "1\n");
  expect_rolls_back();
}

TEST_F(Prune, RunsByItselfAfterAGoodDeployAndNotAfterABadOne) {
  begin();
  keep("points: 2");
  git({"commit", "-q", "-am", "chore: retention"});
  deploys(2);
  EXPECT_EQ(ids().size(), 2U);
  ASSERT_STATUS(1, rollback({"deploy", "--", "false"}));
  EXPECT_EQ(ids().size(), 3U);
  const Finished deployed = rollback({"deploy", "--", "tools/deploy", "9", "build 9"});
  ASSERT_STATUS(0, deployed);
  EXPECT_TRUE(contains(deployed.out, "removed point ")) << deployed.out;
  EXPECT_TRUE(contains(deployed.out, ": past the 2 points kept")) << deployed.out;
  EXPECT_STATUS(0, rollback({"verify", "--all"}));
}

TEST_F(Prune, ALockedDatabaseDoesNotMakeAGoodDeployBad) {
  begin();
  deploys(2);
  keep("points: 1");
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  ASSERT_STATUS(0, shell("mv var/characters.db var/aside.db && echo none > var/characters.db"));
  const Finished deployed = rollback({"hook", "post-deploy", "--status", "0"});
  EXPECT_STATUS(0, deployed);
  EXPECT_TRUE(contains(deployed.out, "not everything could be pruned: ")) << deployed.out;
  ASSERT_STATUS(0, shell("mv var/aside.db var/characters.db"));
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
}

TEST_F(Prune, TheTablesOfADatabaseThatIsAwayGoWhenItIsBack) {
  begin();
  deploys(3);
  keep("points: 1");
  fs::rename(top() / "var/characters.db", top() / "var/aside.db");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_EQ(points().size(), 1U);
  fs::rename(top() / "var/aside.db", top() / "var/characters.db");
  EXPECT_EQ(would_go("rest").size(), 3U);
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_EQ(tables_like("%_backup_20%"), "1\n");
  EXPECT_TRUE(would_go("rest").empty());
}

TEST_F(Prune, ReleasesGoByTheVerbTooAndNeverThoseThatUndoNeeds) {
  begin();
  deploys(4);
  keep("points: 50", "2");
  const Finished said = rollback({"prune", "--yes"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "release '1.1' of playerbot: past the 2 good ones kept"))
      << said.out;
  EXPECT_FALSE(fs::exists(top() / "releases/1.1"));
  EXPECT_TRUE(fs::exists(top() / "releases/1.3"));
  const auto event = events("pruned").back();
  EXPECT_EQ(event.at("component"), "playerbot");
  const Finished verified = rollback({"verify", "--all"});
  EXPECT_STATUS(0, verified);
  EXPECT_TRUE(contains(verified.out, "note: playerbot/binaries: its release was pruned on"))
      << verified.out;
}

TEST_F(Prune, PointsOfAnotherHostAreLeftToIt) {
  begin();
  deploys(3);
  ASSERT_STATUS(
      0,
      shell("for ref in $(git for-each-ref --format='%(refname)' refs/rollback/production/points);"
            " do id=${ref##*/}; tag=$(git cat-file tag $ref |"
            "   sed 's/^Rollback-Host: .*/Rollback-Host: elsewhere/' | git mktag);"
            " git update-ref $ref $tag;"
            " git update-ref refs/tags/rollback/production/$id $tag; done"));
  keep("points: 1, backups: 1");
  EXPECT_EQ(rollback({"prune", "--yes"}).out, "nothing to prune\n");
}

TEST_F(Prune, ATagThatSomebodyMovedIsLeft) {
  begin();
  deploys(3);
  const std::string oldest = ids().back();
  git({"update-ref", "refs/tags/rollback/production/" + oldest, "HEAD"});
  keep("points: 1");
  ASSERT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_STATUS(0, ask_git({"rev-parse", "--verify", "refs/tags/rollback/production/" + oldest}));
  EXPECT_STATUS(128,
                ask_git({"rev-parse", "--verify", "refs/rollback/production/points/" + oldest}));
}

TEST_F(Prune, StopsWhileAnOperationIsInFlight) {
  a_bad_deploy();
  ASSERT_STATUS(killed, rollback({"--component", "playerbot", "--yes"},
                                 {{"GIT_ROLLBACK_FAIL_POINT", "intend after"}}));
  const Finished refused = rollback({"prune", "--yes"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "is in flight")) << refused.err;
}

TEST_F(Prune, SaysSoWhereNoLimitIsSet) {
  begin();
  const Finished said = rollback({"prune"});
  EXPECT_STATUS(0, said);
  EXPECT_EQ(said.out, "nothing to prune\n");
  EXPECT_TRUE(contains(said.err, "'retention' in .rollback.yml sets no limit")) << said.err;
}

TEST_F(Prune, IsNotStoppedByAnEventOfAnotherVersion) {
  a_bad_deploy();
  ASSERT_STATUS(0,
                shell("git notes --ref=rollback append -m '{\"at\":\"2026-11-24T10:00:00.000Z\","
                      "\"id\":\"00000000000000aa\",\"environment\":\"production\",\"deploy\":\"\","
                      "\"event\":\"rollback\",\"operation\":\"20261124T100000Z-abcdef0\","
                      "\"outcome\":\"done\",\"left\":5,\"to\":7}' HEAD"));
  EXPECT_STATUS(0, rollback({"prune", "--yes"}));
  EXPECT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "2.1", "build 2.1"}));
}

}  // namespace
}  // namespace rollback::testing
