// A rollback of code as its user meets it: what stands in the way in the work
// tree, whose commit it is, who hears of it, and that the plan is what runs.
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "code_fixture.h"
#include "store/git.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

class CodeRollback : public CodeFixture {
 protected:
  void SetUp() override { begin_with_code(); }

  Finished go(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--target", "previous", "--yes"});
    return rollback(options);
  }
  void expect_refused(const std::string& saying) {
    expect_refusal({"--target", "previous", "--yes"}, saying);
  }
};

// --- the work tree ---------------------------------------------------------

TEST_F(CodeRollback, LocalChangesStopItWhereTheyAreInTheWayAndElsewhereStay) {
  write("src/b", "b\n");
  commit_all("feat: b");
  deploy();
  write("src/b", "half of an idea\n");
  expect_refused("your local changes to 'src/b' would be overwritten");
  git({"add", "src/b"});
  expect_refused("'src/b'");
  git({"reset", "-q", "--hard"});
  write("src/a", "half of an idea\n");
  write("docs/a", "staged\n");
  git({"add", "docs/a"});
  write("src/new", "not tracked\n");
  ASSERT_STATUS(0, go());
  EXPECT_FALSE(fs::exists(top() / "src/b"));
  EXPECT_EQ(git({"status", "--porcelain"}), "M  docs/a\n M src/a\n?? src/new");
  EXPECT_EQ(read("src/a") + read("docs/a"), "half of an idea\nstaged\n");
}

TEST_F(CodeRollback, AnUntrackedFileInTheWayStopsItEvenIfIgnored) {
  write("src/old", "old\n");
  commit_all("feat: old");
  deploy();
  git({"rm", "-q", "src/old"});
  commit_all("refactor: without it");
  deploy();
  write("src/old", "mine\n");
  expect_refused("'src/old'");
  write(".git/info/exclude", "/var/\nold\n");
  expect_refused("'src/old'");
  EXPECT_EQ(read("src/old"), "mine\n");
  fs::remove(top() / "src/old");
  write("src/old/mine", "mine\n");
  expect_refused("'src/old'");
  EXPECT_EQ(read("src/old/mine"), "mine\n");
}

TEST_F(CodeRollback, AReadOnlyFileGoesBackToo) {
  line(3, "three", "feat: three");
  deploy();
  ASSERT_STATUS(0, shell("chmod 444 src/a"));
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 2 3 4 5 6 7 8 9 10\n");
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(CodeRollback, AFolderThatMayNotBeWrittenLeavesAllAsItWas) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  line(3, "three", "feat: three");
  write("src/b", "b\n");
  commit_all("feat: b");
  deploy();
  const std::string before = world();
  ASSERT_STATUS(0, shell("chmod 755 \"$PWD/..\"; chown -R 65534:65534 .. && chmod 555 src"));
  const std::string as = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
  const Finished said = shell(as + "git-rollback --target previous --yes");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "src/")) << said.err;
  EXPECT_STATUS(0, shell(as + "git-rollback --abort"));
  ASSERT_STATUS(0, shell("chmod 755 src"));
  ASSERT_STATUS(0, shell("chown -R 0:0 .."));
  EXPECT_EQ(world(), before);
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 2 3 4 5 6 7 8 9 10\n");
}

// --- what it says of itself ------------------------------------------------

TEST_F(CodeRollback, ItsCommitNamesThePointAndEachCommitUndoneNewestFirst) {
  const std::string one = line(3, "three", "feat: three");
  const std::string fix = line(6, "safe", "fix(security): six");
  git({"switch", "-q", "-c", "side"});
  write("src/side", "side\n");
  commit_all("feat: side");
  git({"switch", "-q", "main"});
  git({"merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "side"});
  const std::string merge = git({"rev-parse", "HEAD"});
  deploy();
  const std::string target = live().at("parent");
  ASSERT_STATUS(0, go());
  const auto trailer = [&](const std::string& key) {
    return git({"log", "-1", "--format=%(trailers:key=" + key + ",valueonly,separator=%x20)"});
  };
  EXPECT_EQ(trailer("Rollback-To"), target);
  EXPECT_EQ(trailer("Reverts"), merge + " " + one);
  EXPECT_TRUE(contains(git({"log", "-1", "--format=%B"}), fix.substr(0, 10) + " fix(security)"));
  EXPECT_EQ(git({"rev-parse", "HEAD^"}), merge);
  EXPECT_EQ(git({"rev-parse", "HEAD"}), git({"rev-parse", "refs/heads/" + newest_branch()}));
}

TEST_F(CodeRollback, AComponentWithNothingToUndoSaysSoAndMakesNoCommit) {
  write("docs/a", "other words\n");
  commit_all("docs: words");
  deploy();
  const std::string head = git({"rev-parse", "HEAD"}), heads = git({"for-each-ref", "refs/heads"});
  const Finished said = go();
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out + said.err, "already at")) << said.out << said.err;
  EXPECT_EQ(git({"rev-parse", "HEAD"}), head);
  EXPECT_EQ(git({"for-each-ref", "refs/heads"}), heads);
}

// A line that went to and fro: reverting the first of the changes finds the line
// as it left it, by the fix, and takes that for its own.
TEST_F(CodeRollback, AKeptFixStaysThoughAChainOfGitRevertWouldLoseIt) {
  const std::string first = line(6, "new", "feat: new");
  const std::string second = line(6, "6", "feat: as it was");
  const std::string fix = line(6, "new", "fix(security): new after all");
  deploy();
  ASSERT_STATUS(0, ask_git({"revert", "--no-commit", second, first}));
  EXPECT_EQ(lines(), "1 2 3 4 5 6 7 8 9 10\n");
  git({"reset", "-q", "--hard"});
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 2 3 4 5 new 7 8 9 10\n");
}

// --- whose commit it is, and who hears of it -------------------------------

TEST_F(CodeRollback, TheCommitIsTheUsersAndSignedWithTheirKey) {
  line(3, "three", "feat: three");
  deploy();
  ASSERT_STATUS(0, shell("ssh-keygen -q -t ed25519 -N '' -C tester -f ../key &&"
                         " echo \"tester@example.org $(cat ../key.pub)\" > ../signers"));
  git({"config", "gpg.format", "ssh"});
  git({"config", "user.signingKey", (scratch() / "key.pub").string()});
  git({"config", "gpg.ssh.allowedSignersFile", (scratch() / "signers").string()});
  git({"config", "commit.gpgSign", "true"});
  ASSERT_STATUS(0, go());
  EXPECT_STATUS(0, ask_git({"verify-commit", "HEAD"}));
  EXPECT_EQ(git({"log", "-1", "--format=%G? %GS %an %ae %cn"}),
            "G tester@example.org Tester tester@example.org Tester");
}

TEST_F(CodeRollback, AKeyThatIsGoneStopsItBeforeAnythingChanged) {
  line(3, "three", "feat: three");
  deploy();
  git({"config", "gpg.format", "ssh"});
  git({"config", "user.signingKey", (scratch() / "gone.pub").string()});
  git({"config", "commit.gpgSign", "true"});
  expect_refusal({"--target", "previous", "--yes"}, "gone.pub");
  git({"config", "commit.gpgSign", "false"});
  EXPECT_STATUS(0, go());
}

TEST_F(CodeRollback, HooksInAFolderOfTheUsersSeeTheBranchMove) {
  line(3, "three", "feat: three");
  deploy();
  const std::string before = git({"rev-parse", "HEAD"});
  write("../my hooks/reference-transaction",
        "#!/bin/sh\n[ \"$1\" != committed ] || cat >> ../refs.log\n");
  ASSERT_STATUS(0, shell("chmod +x '../my hooks/reference-transaction'"));
  git({"config", "core.hooksPath", "../my hooks"});
  ASSERT_STATUS(0, go());
  const std::string log = read("../refs.log"), after = git({"rev-parse", "HEAD"});
  EXPECT_TRUE(contains(log, before + " " + after + " refs/heads/main")) << log;
  EXPECT_TRUE(contains(log, " " + after + " refs/heads/" + newest_branch())) << log;
}

// --- the plan that was shown is what runs ----------------------------------

TEST_F(CodeRollback, WhereHeadMovedSinceThePlanWasShownNothingHappens) {
  line(3, "three", "feat: three");
  deploy();
  const std::string live_before = git({"rev-parse", "refs/rollback/production/live"});
  bool asked = false;
  OnTerminal command{
      .argv = {"git-rollback", "--target", "previous"}, .directory = top(), .set = variables()};
  command.type = [&](const std::string& text) -> std::string {
    if (asked || !contains(text, "[y/N]")) return "";
    asked = true;
    line(8, "eight", "feat: meanwhile");
    return "y\n";
  };
  const Seen seen = run_on_terminal(command);
  ASSERT_TRUE(asked) << seen.bytes;
  EXPECT_EQ(seen.status, 1) << seen.screen;
  EXPECT_TRUE(contains(seen.screen, "moved") || contains(seen.screen, "changed")) << seen.screen;
  EXPECT_EQ(git({"log", "-1", "--format=%s"}), "feat: meanwhile");
  EXPECT_EQ(lines(), "1 2 three 4 5 6 7 eight 9 10\n");
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  EXPECT_EQ(newest_branch(), "");
  EXPECT_EQ(git({"rev-parse", "refs/rollback/production/live"}), live_before);
  EXPECT_EQ(leftovers(), "");
  EXPECT_STATUS(128, rollback({"--continue"}));
}

TEST_F(CodeRollback, WhatWasAgreedToOnATerminalIsWhatRuns) {
  line(3, "three", "feat: three");
  line(6, "safe", "fix(security): six");
  deploy();
  OnTerminal command{
      .argv = {"git-rollback", "--target", "previous"}, .directory = top(), .set = variables()};
  bool asked = false;
  command.type = [&](const std::string& text) -> std::string {
    if (asked || !contains(text, "[y/N]")) return "";
    asked = true;
    return "y\n";
  };
  const Seen seen = run_on_terminal(command);
  EXPECT_EQ(seen.status, 0) << seen.screen;
  EXPECT_TRUE(contains(seen.screen, "fix(security): six")) << seen.screen;
  EXPECT_EQ(lines(), "1 2 3 4 5 safe 7 8 9 10\n");
}

}  // namespace
}  // namespace rollback::testing
