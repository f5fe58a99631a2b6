// What `doctor` says of git, the repository, its hooks, and who commits.
#include "session/surroundings.h"

#include "doctor_fixture.h"

namespace rollback::testing {
namespace {

class Surroundings : public Doctor {};

TEST_F(Surroundings, MissesAHookAndInitInstallsIt) {
  ASSERT_STATUS(0, shell("rm .git/hooks/pre-deploy"));
  expect_mended_by(expect_warning("hooks", "/pre-deploy' is not installed"));
}

TEST_F(Surroundings, SaysThatAHookIsNotExecutable) {
  ASSERT_STATUS(0, shell("chmod -x .git/hooks/post-deploy"));
  expect_mended_by(expect_warning("hooks", "is not executable"));
}

TEST_F(Surroundings, SaysThatAHookIsSomebodyElsesUnlessItCallsOurs) {
  git({"config", "core.hooksPath", "var"});
  write("var/pre-deploy", "#!/bin/sh\necho theirs\n");
  ASSERT_STATUS(0, rollback({"init"}));
  expect_warning("hooks", "var/pre-deploy' is somebody else's");
  write("var/pre-deploy", "#!/bin/sh\ngit rollback hook pre-deploy \"$@\"\n");
  ASSERT_STATUS(0, shell("chmod +x var/pre-deploy"));
  expect_nothing("warning");
}

TEST_F(Surroundings, SaysThatTheCloneIsShallow) {
  ASSERT_STATUS(0, shell("git clone -q --depth 1 \"file://$PWD\" ../shallow"));
  const Finished said = shell("cd ../shallow && git-rollback doctor --json");
  const json found = find(json::parse(said.out).at("checks"), "warning", "repository", "shallow");
  EXPECT_EQ(found.at("mend"), "git fetch --unshallow");
}

TEST_F(Surroundings, SaysThatTheCloneIsPartial) {
  git({"config", "uploadpack.allowFilter", "true"});
  ASSERT_STATUS(0, shell("git clone -q --filter=blob:none \"file://$PWD\" ../partial"));
  const Finished said = shell("cd ../partial && git-rollback doctor --json");
  find(json::parse(said.out).at("checks"), "warning", "repository", "the clone is partial");
}

TEST_F(Surroundings, FindsAMirrorWhosePruneDeletesThePoints) {
  git({"config", "remote.up.url", "../elsewhere"});
  git({"config", "remote.up.fetch", "+refs/*:refs/*"});
  expect_problem("repository", "mirror of 'up'");
}

TEST_F(Surroundings, SaysThatSubmodulesStay) {
  ASSERT_STATUS(0, shell("git init -q ../lib && git -C ../lib -c user.name=a -c user.email=b commit"
                         " -q --allow-empty -m lib && git -c protocol.file.allow=always submodule"
                         " --quiet add \"$PWD/../lib\" lib && git commit -qm lib"));
  expect_warning("repository", "there are submodules");
}

TEST_F(Surroundings, KnowsALinkedWorkTreeAndABareRepository) {
  git({"worktree", "add", "-q", "../linked", "-b", "linked"});
  const Finished linked = shell("cd ../linked && git-rollback doctor");
  EXPECT_TRUE(contains(linked.out, "shares its record with")) << linked.out;
  ASSERT_STATUS(0, shell("git clone -q --bare . ../bare.git"));
  const Finished bare = shell("cd ../bare.git && git-rollback doctor");
  EXPECT_TRUE(contains(bare.out, "the repository is bare")) << bare.out << bare.err;
}

TEST_F(Surroundings, SaysWhoTheRecordIsByWhereGitDoesNotKnow) {
  git({"config", "--unset", "user.name"});
  git({"config", "--unset", "user.email"});
  git({"config", "user.useConfigOnly", "true"});
  expect_warning("identity", "the record is by git-rollback <");
}

TEST_F(Surroundings, FindsThatCommitsCannotBeSigned) {
  git({"config", "commit.gpgSign", "true"});
  git({"config", "gpg.program", "/bin/false"});
  expect_mended_by(expect_problem("identity", "cannot sign here"));
}

TEST_F(Surroundings, SignsWithAKeyThatWorks) {
  if (shell("command -v ssh-keygen").status != 0) GTEST_SKIP() << "there is no ssh-keygen here";
  ASSERT_STATUS(0, shell("ssh-keygen -q -t ed25519 -N '' -f var/key"));
  git({"config", "commit.gpgSign", "true"});
  git({"config", "gpg.format", "ssh"});
  git({"config", "user.signingKey", (top() / "var/key").string()});
  find(examine(0), "ok", "identity", "commits are signed");
}

TEST_F(Surroundings, KnowsWhichGitIsTooOld) {
  EXPECT_EQ(check_git_version("git version 2.30.9\n").level, Check::Level::problem);
  EXPECT_EQ(check_git_version("git version 2.31.0\n").level, Check::Level::warning);
  EXPECT_EQ(check_git_version("git version 2.37.2.windows.1\n").level, Check::Level::warning);
  EXPECT_EQ(check_git_version("git version 2.39.5\n").level, Check::Level::ok);
  EXPECT_EQ(check_git_version("git version 3.0.0-rc1\n").level, Check::Level::ok);
  EXPECT_EQ(check_git_version("nonsense").level, Check::Level::problem);
}

}  // namespace
}  // namespace rollback::testing
