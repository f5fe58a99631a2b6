// Commits laid on a tree in memory, both ways: libgit2 and git's plumbing must
// come to the same trees and the same conflicts.
#include "part/code/replay.h"

#include "part/code/history.h"

#include "service_fixture.h"

namespace rollback::testing {
namespace {

class ReplayBothWays : public ServiceFixture {
 protected:
  void SetUp() override {
    git({"init", "-q", "-b", "main"});
    git({"config", "user.name", "Tester"});
    git({"config", "user.email", "tester@example.org"});
    write("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    write("b", "b\n");
    base_ = commit_all("base");
  }

  std::string commit_all(const std::string& subject) {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", subject});
    return git({"rev-parse", "HEAD"});
  }

  CommitToLay to_lay(const Git& here, const std::string& id) {
    const std::string parent = git({"rev-parse", id + "^"});
    return {.id = id, .parent = parent, .changes = changes_of(here, {{id, parent}}, {})[id]};
  }

  // What both engines say; fails when they differ, or one is not there.
  Laid lay(const std::string& on, const std::vector<std::string>& ids) {
    const Git here(top() / ".git", top());
    std::vector<CommitToLay> commits;
    for (const auto& id : ids) commits.push_back(to_lay(here, id));
    const Laid plumbing = open_plumbing_replay(here)->lay(on, commits);
    EXPECT_NE(open_libgit2_replay(here), nullptr)
        << "the module is not where the program looks for it";
    Laid both = open_replay(here)->lay(on, commits);
    EXPECT_EQ(both.tree, plumbing.tree);
    EXPECT_EQ(both.count, plumbing.count);
    EXPECT_EQ(both.paths, plumbing.paths);
    return both;
  }

  std::string base_;
};

TEST_F(ReplayBothWays, ACommitIsLaidWithoutWhatCameBetween) {
  write("a", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n");
  commit_all("goes");
  write("a", "one\n2\n3\n4\n5\n6\n7\n8\nnine\n");
  write("c", "c\n");
  const std::string kept = commit_all("stays");
  const Laid laid = lay(base_, {kept});
  ASSERT_EQ(laid.count, 1U);
  EXPECT_EQ(git({"show", laid.tree + ":a"}), "one\n2\n3\n4\n5\n6\n7\n8\n9");
  EXPECT_EQ(git({"show", laid.tree + ":c"}), "c");
}

TEST_F(ReplayBothWays, AConflictNamesTheCommitAndTheFile) {
  write("b", "changed\n");
  commit_all("goes");
  write("b", "changed again\n");
  const std::string kept = commit_all("stands on it");
  const Laid laid = lay(base_, {kept});
  EXPECT_EQ(laid.tree, git({"rev-parse", base_ + "^{tree}"}));
  EXPECT_EQ(laid.count, 0U);
  EXPECT_EQ(laid.paths, std::vector<std::string>{"b"});
}

TEST_F(ReplayBothWays, AMergeIsOneUnitByItsFirstParent) {
  git({"switch", "-q", "-c", "side"});
  write("d", "d\n");
  commit_all("side");
  git({"switch", "-q", "main"});
  write("b", "goes\n");
  commit_all("goes");
  git({"merge", "-q", "--no-ff", "-m", "merge", "side"});
  const Laid laid = lay(base_, {git({"rev-parse", "HEAD"})});
  EXPECT_EQ(git({"show", laid.tree + ":d"}), "d");
  EXPECT_EQ(git({"show", laid.tree + ":b"}), "b");
}

TEST_F(ReplayBothWays, WithNothingToLayTheTreeIsTheBases) {
  EXPECT_EQ(lay(base_, {}).tree, git({"rev-parse", base_ + "^{tree}"}));
}

}  // namespace
}  // namespace rollback::testing
