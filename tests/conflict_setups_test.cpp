// A conflict that a person resolves, in repositories that are set up in git's many
// ways, and on a disk that is full.
#include <sys/mount.h>
#include <unistd.h>

#include "conflict_fixture.h"

namespace rollback::testing {
namespace {

using ConflictSetups = ConflictFixture;

struct Unmounted {  // in the end
  std::string folder;
  ~Unmounted() { umount2(folder.c_str(), MNT_DETACH); }
};

TEST_F(ConflictSetups, WithASparseCheckoutAndSettingsOfTheWorkTree) {
  git({"sparse-checkout", "set", "--no-cone", "/*", "!/tools/deploy"});
  git({"config", "extensions.worktreeConfig", "true"});
  git({"config", "--worktree", "core.fileMode", "true"});
  stop();
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  ASSERT_STATUS(0, rollback({"--continue"}));
  expect_resolved("version 1.1 fixed");
  EXPECT_STATUS(0, ask_git({"cat-file", "-e", "HEAD:tools/deploy"}));
}

TEST_F(ConflictSetups, WithLineEndingsThatAreConverted) {
  write(".gitattributes", "src/* text eol=crlf\n");
  git({"add", "."});
  git({"commit", "-q", "-m", "chore(late): line endings"});
  git({"rm", "-q", "--cached", "-r", "src"});
  git({"reset", "-q", "--hard"});
  stop();
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  ASSERT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(git({"show", "HEAD:src/playerbot.cpp"}), "version 1.1 fixed");
  EXPECT_EQ(read("src/playerbot.cpp"), "version 1.1 fixed\r\n");
  expect_nothing_is_left();
}

TEST_F(ConflictSetups, WithNamesThatAPersonCannotType) {
  const std::string name = "src/a 'quoted'\n\x1b[31m\xff";
  write(name, "one\n");
  git({"add", "."});
  git({"commit", "-q", "-m", "feat(late): odd"});
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "2.1", "build 2.1"}));
  write(name, "two\n");
  git({"commit", "-q", "-am", "feat(late): odder"});
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "2.2", "build 2.2"}));
  write(name, "three\n");
  git({"commit", "-q", "-am", "feat(late): oddest \x1b[31m"});
  const Finished stopped = stop({"--component", "playerbot/code", "--target", "previous"});
  EXPECT_FALSE(contains(stopped.err + stopped.out, "\x1b")) << stopped.err;
  const Finished early = rollback({"--continue"});
  EXPECT_STATUS(1, early);
  EXPECT_FALSE(contains(early.err, "\x1b"));
  EXPECT_TRUE(contains(early.err, "not resolved yet")) << early.err;
  EXPECT_FALSE(contains(rollback({"status"}).out, "\x1b"));
  ASSERT_STATUS(0, shell("cd '" + folder() +
                         "' && for f in src/a*; do echo odd > \"$f\"; done &&"
                         " git add -A"));
  ASSERT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(read(name), "odd\n");
  expect_nothing_is_left();
}

TEST_F(ConflictSetups, OnAFullDiskEitherWaitsOrChangedNothing) {
  const std::string folder = (top() / ".git/rollback").string();
  ASSERT_STATUS(0, shell("mv '" + folder + "' ../aside && mkdir '" + folder + "'"));
  if (geteuid() != 0 || mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=16m") != 0) {
    GTEST_SKIP() << "cannot mount a small file system here";
  }
  const Unmounted in_the_end{folder};
  ASSERT_STATUS(0, shell("cp -a ../aside/. '" + folder + "'"));
  const std::string before = world();
  int refused = 0, waited = 0;
  for (int left = 0; left < 400; left += left < 16 ? 4 : left < 64 ? 16 : 64) {
    shell(
        "cd .git/rollback && dd if=/dev/zero of=.ballast bs=1024 count=100000 2>/dev/null;"
        " truncate -s -" +
        std::to_string(left) + "K .ballast");
    const Finished said = rollback({"--component", "playerbot", "--yes"});
    EXPECT_NE(said.status, 0);
    EXPECT_TRUE(contains(said.err, "fatal: ") || contains(said.err, "error: ")) << said.err;
    shell("rm -f .git/rollback/.ballast");
    EXPECT_EQ(world(), before) << left << " KiB left\n" << said.err;
    if (state() == "conflicted") {
      ++waited;
      ASSERT_STATUS(0, rollback({"--abort"}));
    } else {
      ++refused;
      EXPECT_STATUS(128, rollback({"--continue"}));
    }
    expect_nothing_is_left();
  }
  printf("%d times there was no room, %d times there was\n", refused, waited);
  EXPECT_GT(refused, 0);
  EXPECT_GT(waited, 0);
}

}  // namespace
}  // namespace rollback::testing
