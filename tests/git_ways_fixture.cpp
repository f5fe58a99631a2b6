#include "git_ways_fixture.h"

namespace rollback::testing {

void GitWays::go_round() {
  deploy_good();
  sql("INSERT INTO playerbot(name) VALUES ('cat')");
  deploy_bad();
  roll_back_and_undo();
}

void GitWays::roll_back_keeping(const std::string& path) {
  const std::string bad = service(), kept = read(path);
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(read(path), kept);
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), bad);
  EXPECT_EQ(leftovers(), "");
  EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
}

void GitWays::roll_back_and_undo(const std::string& tree) {
  const std::string bad = service(), bad_more = more();
  const std::string good_tree = git({"rev-parse", tree});
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), good_tree);
  EXPECT_EQ(git({"write-tree"}), good_tree);
  EXPECT_EQ(leftovers(), "");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), bad);
  EXPECT_EQ(more(), bad_more);
  EXPECT_EQ(leftovers(), "");
  EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
}

}  // namespace rollback::testing
