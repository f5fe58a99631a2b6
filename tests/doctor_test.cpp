// `doctor`: would a rollback work here and now. Each thing that is broken is
// broken for real, and the command that it names is run where it mends it.
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "doctor_fixture.h"

namespace rollback::testing {
namespace {

TEST_F(Doctor, FindsNothingWhereAllIsWell) {
  const Finished said = rollback({"doctor"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(said.out.ends_with("a rollback would work here\n")) << said.out;
  expect_nothing("warning");
  find(examine(0), "ok", "rollback",
       "a rollback to last_stable (" + point() + ") has a plan without refusals");
}

TEST_F(Doctor, ChangesNothing) {
  const auto all = [this] {
    return world() + git({"for-each-ref"}) + git({"count-objects", "-v"}) +
           shell(
               "find . -path './.git/rollback/index.db*' -prune -o -path ./.git/index -prune -o"
               " -path ./var -prune -o -type f -printf '%p %m\\n' -exec sha256sum {} + | sort")
               .out;
  };
  git({"config", "commit.gpgSign", "true"});
  const std::string before = all();
  rollback({"doctor"});
  EXPECT_EQ(all(), before);
}

TEST_F(Doctor, RunsWhereNothingIsSetUpAndSaysWhatComesFirst) {
  const Finished said = shell("mkdir ../new && cd ../new && git init -q && git-rollback doctor");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.out, "-> git rollback init")) << said.out;
}

// --- the configuration ----------------------------------------------------------

TEST_F(Doctor, NamesTheLineOfABrokenConfiguration) {
  write(".rollback.yml", "version: 1\ncomponents: { playerbot: { cod: [] } }\n");
  expect_problem(".rollback.yml", ".rollback.yml:2:");
}

TEST_F(Doctor, SaysThatChangedCommandsAreNotTrusted) {
  write("tools/smoke", read("tools/smoke") + "# mine\n");
  EXPECT_EQ(expect_problem(".rollback.yml", "not trusted").at("mend"), "git rollback trust");
}

TEST_F(Doctor, FindsACommandThatIsNotExecutable) {
  ASSERT_STATUS(0, shell("chmod -x tools/ctl"));
  expect_problem("commands", "'tools/ctl' of components.playerbot.binaries.stop");
}

TEST_F(Doctor, FindsACommandThatIsNotInPath) {
  configure(
      "version: 1\ncomponents: { playerbot: { code: [\"src\"] } }\n"
      "verification: { smoke_test: [\"no-such-program\"] }\n");
  expect_problem("commands", "'no-such-program' of verification.smoke_test");
}

TEST_F(Doctor, MissesASmokeTest) {
  configure("version: 1\ncomponents: { playerbot: { code: [\"src\"] } }\n");
  expect_warning("commands", "there is no smoke test");
}

TEST_F(Doctor, SaysThatTheConfigurationIsNotInGit) {
  git({"rm", "-q", "--cached", ".rollback.yml"});
  git({"commit", "-q", "-m", "chore: forget it"});
  expect_warning("repository", ".rollback.yml is not in git");
}

// --- the parts ------------------------------------------------------------------

TEST_F(Doctor, FindsThatCurrentIsAFolder) {
  ASSERT_STATUS(0, shell("rm current && cp -r releases/1.1 current"));
  const json found = expect_problem("playerbot/binaries", "is a folder");
  ASSERT_STATUS(0, shell(found.at("mend")));
  examine(0);
}

TEST_F(Doctor, FindsThatCurrentLeadsNowhere) {
  ASSERT_STATUS(0, shell("ln -sfn releases/9.9 current"));
  expect_problem("playerbot/binaries", "is no link to a folder in");
}

TEST_F(Doctor, FindsThatThereAreNoReleases) {
  ASSERT_STATUS(0, shell("mv releases elsewhere"));
  expect_problem("playerbot/binaries", "there is no folder");
}

TEST_F(Doctor, SaysThatCurrentLeadsOnThroughAnotherLink) {
  ASSERT_STATUS(0, shell("mv current var/active && ln -sfn \"$PWD/releases/1.1\" var/active &&"
                         " ln -s var/active current"));
  expect_warning("playerbot/binaries", "leads on through the link");
}

TEST_F(Doctor, SaysThatTheReleaseWhichRunsWasChangedAndRecordsItAnew) {
  ASSERT_STATUS(0, rollback({"record"}));
  write("releases/1.1/log", "written while it ran\n");
  expect_mended_by(expect_warning("playerbot/binaries", "its files changed"));
}

TEST_F(Doctor, FindsAConfigFileThatIsALink) {
  ASSERT_STATUS(
      0, shell("mv etc/playerbot.conf var/p.conf && ln -s ../var/p.conf etc/playerbot.conf"));
  expect_problem("playerbot/config", "is a symbolic link");
}

TEST_F(Doctor, SaysThatAConfigFileIsNotThere) {
  configure(
      "version: 1\ncomponents: { playerbot: { config: [\"etc/playerbot.conf\", \"etc/no.conf\"] } "
      "}\n"
      "verification: { smoke_test: [\"tools/smoke\"] }\n");
  expect_warning("playerbot/config", "'etc/no.conf' is not there");
}

TEST_F(Doctor, FindsADamagedDatabase) {
  sql("PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_STATUS(0, shell("printf damage | dd of=var/characters.db bs=1 seek=4100 conv=notrunc"
                         " status=none"));
  expect_problem("playerbot/database", "characters.db'");
}

TEST_F(Doctor, FindsThatTheFileIsNoDatabase) {
  ASSERT_STATUS(0, shell("rm -f var/characters.db-*; echo no database > var/characters.db"));
  expect_problem("playerbot/database", "not a database");
}

TEST_F(Doctor, SaysThatWritersWaitWithoutWal) {
  sql("PRAGMA journal_mode=DELETE");
  expect_mended_by(expect_warning("playerbot/database", "not in WAL mode"));
}

TEST_F(Doctor, SaysThatANameMeansNoTable) {
  ASSERT_STATUS(0, shell("sed -i 's/\"playerbot_\\*\"/\"plyerbot\"/' .rollback.yml"));
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
  expect_warning("playerbot/database", "is meant by 'plyerbot'");
}

TEST_F(Doctor, SaysThatNoTableGoesBack) {
  ASSERT_STATUS(0,
                shell("sed -i 's/\"playerbot\", \"playerbot_\\*\"/\"plyerbot_*\"/' .rollback.yml"));
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
  find(examine(0), "warning", "playerbot/database", "no table of database");
}

TEST_F(Doctor, SaysThatAViewStaysAsItIs) {
  sql("CREATE VIEW playerbot_names AS SELECT name FROM playerbot");
  expect_warning("playerbot/database", "'playerbot_names'");
}

TEST_F(Doctor, SaysThatADatabaseIsNotThereYet) {
  configure(
      "version: 1\ncomponents: { playerbot: { database: { url: \"sqlite:var/new.db\","
      " tables: [\"*\"] } } }\nverification: { smoke_test: [\"tools/smoke\"] }\n");
  find(examine(1), "warning", "playerbot/database", "is not there yet");
}

TEST_F(Doctor, FindsADiskThatIsTooFullForABackup) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can mount a small disk";
  ASSERT_STATUS(0, shell("mkdir var/small"));
  if (shell("mount -t tmpfs -o size=2m tmpfs var/small").status != 0) {
    GTEST_SKIP() << "this machine lets nobody mount";
  }
  shell(
      "sqlite3 var/small/c.db 'PRAGMA journal_mode=WAL; CREATE TABLE t(a);"
      " INSERT INTO t VALUES (randomblob(1200000))'");
  configure(
      "version: 1\ncomponents: { playerbot: { database: { url: \"sqlite:var/small/c.db\","
      " tables: [\"*\"] } } }\n");
  const json checks = examine(1);
  shell("umount var/small");
  find(checks, "problem", "playerbot/database", "are free, and a backup of");
}

TEST_F(Doctor, FindsAnotherGitsLock) {
  write(".git/index.lock", "");
  const json found = expect_problem("playerbot/code", "index.lock' is there");
  EXPECT_TRUE(contains(found.at("mend"), "rm '")) << found;
}

TEST_F(Doctor, SaysThatAMergeIsNotFinished) {
  git({"checkout", "-q", "-b", "other", "HEAD~1"});
  commit("src/playerbot.cpp", "otherwise\n");
  git({"checkout", "-q", "main"});
  ask_git({"merge", "other"});
  find(examine(1), "warning", "playerbot/code", "a merge is not finished");
}

TEST_F(Doctor, SaysThatHeadIsDetached) {
  git({"checkout", "-q", "--detach"});
  expect_warning("playerbot/code", "HEAD is detached");
}

// --- what is recorded, and what runs ----------------------------------------------

TEST_F(Doctor, SaysThatNothingIsRecordedAsLive) {
  ASSERT_STATUS(0, shell("git for-each-ref --format='delete %(refname)' refs/rollback refs/tags"
                         " refs/notes | git update-ref --stdin"));
  const json found = find(examine(1), "problem", "rollback", "nothing is recorded as live");
  ASSERT_STATUS(0, shell(found.at("mend")));
  examine(0);
}

TEST_F(Doctor, SaysThatADeployIsOpen) {
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  expect_warning("journal", "deploy " + point() + " is open");
}

TEST_F(Doctor, SaysThatAnOperationIsInFlight) {
  const Finished killed =
      rollback({"--yes", "--target", "previous"}, {{"GIT_ROLLBACK_FAIL_POINT", "quiesce after"}});
  ASSERT_NE(killed.status, 0);
  const json found = expect_problem("journal", "is in flight");
  EXPECT_TRUE(contains(found.at("mend"), "git rollback --continue"));
}

TEST_F(Doctor, FindsADamagedJournal) {
  ASSERT_STATUS(0,
                shell("rm -f .git/rollback/journal.db-*; echo damage > .git/rollback/journal.db"));
  expect_problem("journal", "journal.db");
}

TEST_F(Doctor, TakesADamagedIndexForWhatItIs) {
  ASSERT_STATUS(0, shell("rm -f .git/rollback/index.db-*; echo damage > .git/rollback/index.db"));
  expect_nothing("problem");
}

TEST_F(Doctor, SaysWhyThereIsNoStablePointAndWhatWorksInstead) {
  ASSERT_STATUS(0, rollback({"mark", point(), "failed"}));
  const json checks = examine(0);
  find(checks, "warning", "rollback", "there is no stable point");
  find(checks, "ok", "rollback", "a rollback to previous");
}

TEST_F(Doctor, SaysWhyTheStablePointCannotBeRestored) {
  ASSERT_STATUS(0, shell("tools/deploy 1.2 'build 1.2'"));
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "1.3", "build 1.3"}));
  ASSERT_STATUS(0, shell("rm -r releases/1.1 releases/1.0 releases/1.2"));
  find(examine(1), "problem", "rollback", "is no longer in");
}

TEST_F(Doctor, SaysThatARollbackOfARollbackNeedsAgain) {
  deploy_bad();
  ASSERT_STATUS(0, rollback({"--yes"}));
  find(examine(0), "warning", "rollback", "needs --again");
}

TEST_F(Doctor, SaysWhichLocalChangesAreInTheWay) {
  write("src/playerbot.cpp", "mine\n");
  find(examine(1), "problem", "rollback", "'src/playerbot.cpp' would be overwritten");
}

// --- by a user who may not ---------------------------------------------------------

TEST_F(Doctor, SaysWhatThisUserMayNotWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  ASSERT_STATUS(0, shell("chmod 755 \"$PWD/..\""));
  const Finished said = shell(
      "setpriv --reuid=65534 --regid=65534 --clear-groups git -c safe.directory='*'"
      " rollback doctor --json");
  EXPECT_STATUS(1, said);
  const json checks = json::parse(said.out, nullptr, false).at("checks");
  const std::string may_not = "this user may not write ";
  find(checks, "problem", "repository", may_not + "in '" + top().string() + "'");
  find(checks, "problem", "repository", may_not + "'" + top().string() + "/.git/rollback'");
  find(checks, "problem", "playerbot/binaries", may_not + "in '" + top().string() + "'");
  find(checks, "problem", "playerbot/config", may_not + "in '" + top().string() + "/etc'");
  find(checks, "problem", "playerbot/database", may_not + "'" + top().string() + "/var");
}

TEST_F(Doctor, SaysThatAFilesOwnerCannotBeRestored) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  ASSERT_STATUS(0, shell("chmod 755 \"$PWD/..\"; chown -R 65534 . && chown 0 etc/playerbot.conf &&"
                         " chgrp -R 65534 ."));
  const Finished said =
      shell("setpriv --reuid=65534 --regid=65534 --clear-groups git-rollback doctor --json");
  const json checks = json::parse(said.out, nullptr, false).at("checks");
  find(checks, "problem", "playerbot/config", "belongs to user 0");
}

TEST_F(Doctor, PrintsWhatOthersWroteWithoutTerminalEscapes) {
  fs::rename(top() / "releases/1.1", top() / "releases/1\x1b[31m");
  ASSERT_STATUS(0, shell("ln -sfn \"$(ls -d releases/1*31m)\" current"));
  const Finished said = rollback({"doctor"});
  EXPECT_EQ(said.out.find('\x1b'), std::string::npos) << said.out;
  EXPECT_TRUE(contains(said.out, "1\\x1b[31m")) << said.out;
}

}  // namespace
}  // namespace rollback::testing
