// A rollback that goes wrong between its plan and its end: everything is put
// back, or held for a person; and two of them at once.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class RollbackFailure : public ServiceFixture {
 protected:
  void SetUp() override { a_bad_deploy(); }

  Finished roll_back() { return rollback({"--component", "playerbot", "--yes"}); }

  void fail_the_smoke_test() { script("tools/smoke", "echo the raid is on; exit 1"); }

  void hold_on_failure() {
    std::string yaml = read(".rollback.yml");
    const std::string last = "[\"tools/smoke\"]";
    yaml.replace(yaml.find(last), last.size(), last + ", on_failure: hold");
    configure(yaml);
    fail_the_smoke_test();
  }

  // The service also runs this when it is stopped: its own last words.
  void when_stopped(const std::string& command) {
    script("tools/ctl", "case $1 in\n start) cat current/server > var/running ;;\n stop) " +
                            command + "; rm -f var/running ;;\nesac");
  }

  void expect_nothing_in_flight() {
    const json status = json::parse(rollback({"status", "--json"}).out);
    EXPECT_TRUE(status.at("in_flight").is_null()) << status.at("in_flight");
    EXPECT_STATUS(0, rollback({"record"}));
  }

  static constexpr const char* everything = "code database config binaries ";
};

// --- a smoke test that fails after the swap ---------------------------------

TEST_F(RollbackFailure, OfItsSmokeTestSwapsEverythingBack) {
  fail_the_smoke_test();
  const std::string before = service();
  EXPECT_STATUS(1, roll_back());
  EXPECT_EQ(service(), before);
  EXPECT_EQ(leftovers(), "");
  expect_nothing_in_flight();
}

TEST_F(RollbackFailure, OfItsSmokeTestIsToldWithTheLastWordsOfTheTest) {
  fail_the_smoke_test();
  const Finished said = roll_back();
  EXPECT_TRUE(contains(said.err, "the smoke test failed")) << said.err;
  EXPECT_TRUE(contains(said.err, "the raid is on")) << said.err;
}

TEST_F(RollbackFailure, OfItsSmokeTestNamesTheCommandAsTheUserWroteIt) {
  fail_the_smoke_test();
  EXPECT_TRUE(contains(roll_back().err, "'tools/smoke'"));
}

TEST_F(RollbackFailure, ThatWasPutBackLeavesLiveAsItWas) {
  const json before = live();
  const std::string record = git({"rev-parse", "refs/rollback/production/live"});
  fail_the_smoke_test();
  EXPECT_STATUS(1, roll_back());
  EXPECT_EQ(live(), before);
  EXPECT_EQ(git({"rev-parse", "refs/rollback/production/live"}), record);
}

TEST_F(RollbackFailure, ThatWasPutBackIsOneEvent) {
  fail_the_smoke_test();
  EXPECT_STATUS(1, roll_back());
  const json found = events("rollback");
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].at("outcome"), "reverted");
}

TEST_F(RollbackFailure, ThatWasPutBackKeepsTheBranchThatItMade) {
  const std::string good = git({"rev-parse", "HEAD~1^{tree}"});
  fail_the_smoke_test();
  EXPECT_STATUS(1, roll_back());
  const std::string branch = git({"for-each-ref", "--format=%(refname)", "refs/heads/rollback"});
  ASSERT_NE(branch, "");
  EXPECT_EQ(git({"rev-parse", branch + "^{tree}"}), good);
}

TEST_F(RollbackFailure, ThatWasPutBackIsNoReasonForAgain) {
  fail_the_smoke_test();
  ASSERT_STATUS(1, roll_back());
  script("tools/smoke", "exit 0");
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(back(), everything);
}

TEST_F(RollbackFailure, OfTheServiceToStartSwapsEverythingBack) {
  script("tools/ctl",
         "case $1 in\n start) cat current/server > var/running; grep -q 2.0 var/running ;;\n"
         " stop) rm -f var/running ;;\nesac");
  const std::string before = service();
  const Finished said = roll_back();
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "could not be started")) << said.err;
  EXPECT_EQ(service(), before);
  expect_nothing_in_flight();
}

TEST_F(RollbackFailure, OfTheServiceToStopChangesNothing) {
  script("tools/ctl", "[ $1 != stop ] || exit 3");
  const std::string before = service();
  const Finished said = roll_back();
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "could not be stopped")) << said.err;
  EXPECT_EQ(service(), before);
  expect_nothing_in_flight();
}

// --- on_failure: hold -------------------------------------------------------

TEST_F(RollbackFailure, IsHeldAtTheTargetWhenTheConfigurationSaysSo) {
  hold_on_failure();
  const Finished said = roll_back();
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "git rollback --continue")) << said.err;
  EXPECT_TRUE(contains(back(), "database config binaries"));
}

TEST_F(RollbackFailure, ThatIsHeldStopsChangingVerbsAndNotReadingOnes) {
  hold_on_failure();
  ASSERT_STATUS(1, roll_back());
  EXPECT_STATUS(0, rollback({"list"}));
  EXPECT_TRUE(contains(rollback({"status"}).out, "in flight"));
  const std::string first = points().at(0).at("point");
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"record"},
                                               {"hook", "pre-deploy"},
                                               {"mark", first, "stable"},
                                               {"undo", "--yes"},
                                               {"--yes", "--target", "previous"}}) {
    const Finished said = rollback(verb);
    EXPECT_STATUS(1, said);
    EXPECT_TRUE(contains(said.err, "git rollback --abort")) << said.err;
  }
}

TEST_F(RollbackFailure, ThatIsHeldCanBeContinued) {
  hold_on_failure();
  ASSERT_STATUS(1, roll_back());
  EXPECT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(back(), everything);
  EXPECT_EQ(live().at("releases").at("playerbot"), "1.1");
  expect_nothing_in_flight();
}

TEST_F(RollbackFailure, ThatIsHeldCanBeAborted) {
  hold_on_failure();
  const std::string before = service();
  ASSERT_STATUS(1, roll_back());
  EXPECT_STATUS(0, rollback({"--abort"}));
  EXPECT_EQ(service(), before);
  expect_nothing_in_flight();
}

TEST_F(RollbackFailure, WithNothingInFlightThereIsNothingToContinueOrAbort) {
  EXPECT_STATUS(128, rollback({"--continue"}));
  EXPECT_STATUS(128, rollback({"--abort"}));
}

// --- a clean-up that fails once it is done ----------------------------------

TEST_F(RollbackFailure, ToCleanUpIsAWarningAndContinueCleansUp) {
  // Once the record is out, and before anything is cleaned up.
  const std::string database = (top() / "var/characters.db").string();
  write(".git/hooks/reference-transaction",
        "#!/bin/sh\n[ $1 = committed ] && grep -q refs/rollback/production/live || exit 0\nmv '" +
            database + "' '" + database + ".away'\n");
  ASSERT_STATUS(0, shell("chmod +x .git/hooks/reference-transaction"));
  const Finished said = roll_back();
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "back at ")) << said.out;
  EXPECT_TRUE(contains(said.err,
                       "warning: the rollback is done, but what it no longer needs is "
                       "still there: playerbot/database: "))
      << said.err;
  EXPECT_TRUE(contains(said.err, "git rollback --continue")) << said.err;
  EXPECT_FALSE(contains(said.err, "fatal")) << said.err;

  const Finished status = rollback({"status"});
  EXPECT_STATUS(0, status);
  EXPECT_TRUE(contains(status.err, "the rollback is done; to clean up")) << status.err;
  const Finished aborted = rollback({"--abort"});
  EXPECT_STATUS(128, aborted);
  EXPECT_TRUE(contains(aborted.err, "is complete, but for its cleaning")) << aborted.err;
  EXPECT_STATUS(1, rollback({"--continue"}));
  ASSERT_STATUS(0, shell("mv '" + database + ".away' '" + database + "'"));
  EXPECT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(back(), everything);
  EXPECT_EQ(leftovers(), "");
  fs::remove(top() / ".git/hooks/reference-transaction");
  expect_nothing_in_flight();
}

// --- a part that refuses in prepare -----------------------------------------

TEST_F(RollbackFailure, ToPrepareAMeddledBuildChangesNothingAndNamesIt) {
  write("releases/1.1/server", "build 1.1 meddled with\n");
  expect_refusal({"--yes"}, "1.1");
  expect_nothing_in_flight();
}

TEST_F(RollbackFailure, ToPrepareABuildWithOneFileMoreChangesNothing) {
  write("releases/1.1/plugin.so", "from elsewhere\n");
  expect_refusal({"--yes"}, "1.1");
}

TEST_F(RollbackFailure, ToPrepareWithRowsOfTheBackupMeddledWithChangesNothing) {
  sql("UPDATE playerbot_guild SET name = name; DELETE FROM playerbot WHERE id = 1;");
  const std::string backups =
      sql("SELECT name FROM sqlite_schema WHERE name LIKE 'playerbot_backup_20%'");
  for (size_t at = 0; at < backups.size(); at = backups.find('\n', at) + 1) {
    sql("UPDATE \"" + backups.substr(at, backups.find('\n', at) - at) + "\" SET name = 'eve'");
  }
  expect_refusal({"--yes", "--rows=restore", "--accept-data-loss=significant"},
                 "playerbot_backup_");
}

// --- somebody else changes a thing between plan and swap --------------------

TEST_F(RollbackFailure, AConfigFileThatTheServiceWritesWhenStoppedIsNamed) {
  when_stopped("echo '# saved' >> etc/playerbot.conf");
  const Finished said = roll_back();
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "etc/playerbot.conf")) << said.err;
}

TEST_F(RollbackFailure, AfterAForeignChangeOfConfigTheRestIsAsItWas) {
  when_stopped("[ -e var/saved ] || echo '# saved' >> etc/playerbot.conf; touch var/saved");
  EXPECT_STATUS(1, roll_back());
  EXPECT_EQ(back(), "");
  EXPECT_EQ(read("etc/playerbot.conf"), "greeting = hello raiders\nrate = 9\n# saved\n");
  EXPECT_EQ(leftovers(), "");
}

TEST_F(RollbackFailure, AfterAForeignChangeOfConfigTheServiceRunsAgain) {
  when_stopped("echo '# saved' >> etc/playerbot.conf");
  EXPECT_STATUS(1, roll_back());
  EXPECT_EQ(shell("cat var/running").out, "build 2.0 broken\n");
}

TEST_F(RollbackFailure, AfterAForeignChangeOfConfigNothingIsInFlight) {
  when_stopped("echo '# saved' >> etc/playerbot.conf");
  EXPECT_STATUS(1, roll_back());
  expect_nothing_in_flight();
}

TEST_F(RollbackFailure, AfterAForeignChangeOfTheLinkWhatWasSwappedBeforeIsPutBack) {
  when_stopped("ln -sfn releases/1.0 current.new && mv -T current.new current");
  const Finished said = roll_back();
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "releases/1.0")) << said.err;
  EXPECT_EQ(back(), "");
  EXPECT_EQ(fs::read_symlink(top() / "current"), "releases/1.0");
}

TEST_F(RollbackFailure, AfterAForeignCommitWhatWasSwappedBeforeIsPutBack) {
  when_stopped(
      "[ -e var/done ] || git commit -q --allow-empty -m 'chore: meanwhile'; touch var/done");
  const Finished said = roll_back();
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(
      said.err.ends_with("; all was put back as it was\n"
                         "hint: put that right, then run the rollback again\n"))
      << said.err;
  EXPECT_EQ(back(), "");
  EXPECT_EQ(git({"log", "-1", "--format=%s"}), "chore: meanwhile");
  expect_nothing_in_flight();
}

TEST_F(RollbackFailure, RowsWrittenBetweenPlanAndSwapAreKept) {
  when_stopped("sqlite3 var/characters.db \"INSERT INTO playerbot(name) VALUES ('eve')\"");
  EXPECT_STATUS(0, roll_back());
  EXPECT_EQ(sql("SELECT name FROM playerbot ORDER BY id"), "ada\nben\ncat\ndan\neve\n");
}

TEST_F(RollbackFailure, StatusSaysOfAStoreThatDoesNotAnswerThatItIsNotKnown) {
  rollback({"--component", "playerbot", "--yes"}, {{"GIT_ROLLBACK_FAIL_POINT", "verify before"}});
  fs::rename(top() / "var/characters.db", top() / "var/away.db");
  const Finished said = rollback({"status", "--porcelain"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "step playerbot/database not-known ")) << said.out;
  EXPECT_TRUE(contains(said.out, "step playerbot/binaries at-the-target ")) << said.out;
  EXPECT_TRUE(contains(rollback({"status"}).err, "git rollback --continue"));
}

// --- two at once ------------------------------------------------------------

TEST_F(RollbackFailure, StatusSaysOfOneThatIsAtWorkThatItIsAndNotHowToEndIt) {
  when_stopped("touch var/stopping; until [ -e var/go ]; do sleep 0.02; done");
  const Finished seen = shell(
      "git-rollback --component playerbot --yes > ../first 2>&1 & first=$!\n"
      "until [ -e var/stopping ]; do sleep 0.02; done\n"
      "git-rollback status; git-rollback status --json > ../seen; echo at work: pid $first on\n"
      "touch var/go; wait $first");
  EXPECT_STATUS(0, seen);
  const std::string at_work = seen.out.substr(seen.out.rfind("at work: pid "));
  EXPECT_TRUE(contains(seen.out, " ago, " + at_work.substr(0, at_work.size() - 1))) << seen.out;
  EXPECT_TRUE(contains(seen.out, "(intended)")) << seen.out;
  EXPECT_FALSE(contains(seen.err, "--continue")) << seen.err;
  EXPECT_TRUE(contains(shell("cat ../seen").out, "\"at_work\": true"));
}

TEST_F(RollbackFailure, OfTheSecondOfTwoAtOnceSaysWhoHoldsTheLock) {
  when_stopped("touch var/stopping; until [ -e var/go ]; do sleep 0.02; done");
  const Finished both = shell(
      "git-rollback --component playerbot --yes > ../first 2>&1 & first=$!\n"
      "until [ -e var/stopping ]; do sleep 0.02; done\n"
      "git-rollback --component playerbot --yes; echo second $?; echo holder $first,\n"
      "touch var/go; wait $first; echo first $?");
  EXPECT_TRUE(contains(both.out, "second 1\n")) << both.out;
  EXPECT_TRUE(contains(both.out, "first 0\n")) << both.out << shell("cat ../first").out;
  const size_t pid = both.out.find("holder ") + 7;
  const std::string holder = "pid " + both.out.substr(pid, both.out.find(',', pid) - pid);
  EXPECT_TRUE(contains(both.err, holder)) << holder << ": " << both.err;
  EXPECT_EQ(back(), everything);
}

}  // namespace
}  // namespace rollback::testing
