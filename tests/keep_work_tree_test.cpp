// What stands in the work tree when code goes back: whose it is, and what becomes
// of it.
#include "keep_fixture.h"
#include "part/code/work_tree.h"

namespace rollback::testing {
namespace {

using KeepInWorkTree = Keep;

TEST_F(KeepInWorkTree, AFolderThatSomebodyReplacedByALinkIsALocalChange) {
  write("src/lib/a", "a\n");
  commit_all("feat: lib");
  deploy();
  shell("mv src/lib ../lib && ln -s ../../lib src/lib");
  expect_refusal({"--target", "previous", "--yes"}, "your local changes to 'src/lib'");
  EXPECT_EQ(shell("readlink src/lib; cat ../lib/a").out, "../../lib\na\n");
}

TEST_F(KeepInWorkTree, AnUntrackedFileWhereAFolderComesBackIsALocalChange) {
  write("src/lib/a", "a\n");
  commit_all("feat: lib");
  deploy();
  git({"rm", "-qr", "src/lib"});
  commit_all("feat: no lib");
  deploy();
  write("src/lib", "hours of work\n");
  expect_refusal({"--target", "previous", "--yes"}, "your local changes to 'src/lib'");
  EXPECT_EQ(read("src/lib"), "hours of work\n");
}

TEST_F(KeepInWorkTree, LineEndsThatGitLeavesAloneAreNoLocalChange) {
  shell("printf 'a\\r\\nb\\r\\n' > src/crlf");
  commit_all("feat: crlf");
  deploy();
  shell("printf 'a\\r\\nc\\r\\n' > src/crlf");
  commit_all("feat: crlf again");
  deploy();
  git({"config", "core.autocrlf", "true"});
  ASSERT_EQ(git({"status", "--porcelain"}), "");
  ASSERT_STATUS(0, go());
  EXPECT_EQ(read("src/crlf"), "a\r\nb\r\n");
}

TEST_F(KeepInWorkTree, ATagCalledHEADIsInNobodysWay) {
  line(2, "feature", "feat: two");
  deploy();
  git({"update-ref", "refs/tags/HEAD", "HEAD"});
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 2 3 4 5 6 7 8 9 10\n");
}

TEST_F(KeepInWorkTree, AFileThatWasCutShortIsSomebodysOnlyUntilWeWriteIt) {
  const std::string before = git({"rev-parse", "HEAD"});
  line(10, "ten, and more", "feat: ten");
  const Git here(top() / ".git", top());
  const auto changes = changes_between(here, before, "HEAD", {});
  write("src/a", "1\n2\n3\n");
  EXPECT_EQ(where_is(here, changes, {}).foreign, "src/a");
  EXPECT_EQ(where_is(here, changes, {}, CutShort::is_as_missing).foreign, "");
  write("src/a", "1\n2\nthree\n");
  EXPECT_EQ(where_is(here, changes, {}, CutShort::is_as_missing).foreign, "src/a");
}

TEST_F(KeepInWorkTree, AFolderMayBecomeALinkAndBack) {
  shell("ln -s ../docs src/lib");
  commit_all("feat: a link");
  deploy();
  shell("rm src/lib; mkdir src/lib; cp docs/a src/lib/a");
  commit_all("feat: a folder");
  deploy();
  ASSERT_STATUS(0, go());
  EXPECT_EQ(shell("readlink src/lib").out, "../docs\n");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(shell("test ! -L src/lib && cat src/lib/a").out, "words\n");
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

}  // namespace
}  // namespace rollback::testing
