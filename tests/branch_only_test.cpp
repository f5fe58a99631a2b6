// git rollback --branch-only: the commit of a code rollback, on a branch that
// nothing follows.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

class BranchOnly : public ServiceFixture {
 protected:
  void SetUp() override { a_bad_deploy(); }

  std::string branch() {
    return git({"for-each-ref", "--format=%(refname:short)", "refs/heads/rollback/"});
  }
  // Everything but that branch.
  std::string refs() {
    return shell("git for-each-ref | grep -v refs/heads/rollback/; git symbolic-ref HEAD").out;
  }
};

TEST_F(BranchOnly, MakesTheBranchAndNothingElse) {
  const std::string before = service(), refs_before = refs();
  const Finished said = rollback({"--branch-only", "--yes"});
  ASSERT_STATUS(0, said);
  ASSERT_NE(branch(), "");
  EXPECT_TRUE(contains(said.out, "made the branch " + branch() + " at ")) << said.out;
  EXPECT_EQ(service(), before);
  EXPECT_EQ(refs(), refs_before);
  EXPECT_EQ(leftovers(), "");
  EXPECT_EQ(rollback({"status", "--json"}).out.find("\"in_flight\": null") == std::string::npos,
            false);
  EXPECT_STATUS(128, rollback({"--continue"}));
  EXPECT_EQ(shell("sqlite3 .git/rollback/journal.db 'SELECT count(*) FROM operations'").out, "0\n");
}

TEST_F(BranchOnly, ItIsTheCommitThatTheRollbackItselfWouldMake) {
  ASSERT_STATUS(0, rollback({"--branch-only", "--yes"}));
  const std::string tree = git({"rev-parse", branch() + "^{tree}"});
  const std::string head = git({"rev-parse", "HEAD"});
  EXPECT_EQ(git({"rev-parse", branch() + "^"}), head);
  EXPECT_TRUE(contains(git({"log", "-1", "--format=%B", branch()}), "Reverts: " + head));
  ASSERT_STATUS(0, rollback({"--yes"}));
  EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), tree);
  EXPECT_EQ(git({"rev-parse", "HEAD^"}), head);
}

TEST_F(BranchOnly, WorksBesideLocalChangesWhichStopARollback) {
  write("src/playerbot.cpp", "half of an idea\n");
  EXPECT_STATUS(1, rollback({"--component", "playerbot/code", "--yes"}));
  ASSERT_STATUS(0, rollback({"--branch-only", "--component", "playerbot/code", "--yes"}));
  EXPECT_EQ(read("src/playerbot.cpp"), "half of an idea\n");
  EXPECT_EQ(git({"show", branch() + ":src/playerbot.cpp"}), "version 1.1");
}

TEST_F(BranchOnly, HonoursTargetAndUndeployedCommits) {
  commit("src/late.cpp", "late\n");
  const std::string first = points().back().at("point");
  ASSERT_STATUS(0, rollback({"--branch-only", "--target", first, "--again", "--yes"}));
  EXPECT_EQ(git({"show", branch() + ":src/playerbot.cpp"}), "version 1");
  EXPECT_EQ(git({"show", branch() + ":src/late.cpp"}), "late");
  git({"branch", "-D", branch()});
  ASSERT_STATUS(0, rollback({"--branch-only", "--drop-undeployed", "--yes"}));
  EXPECT_EQ(git({"show", branch() + ":src/playerbot.cpp"}), "version 1.1");
  EXPECT_STATUS(128, ask_git({"show", branch() + ":src/late.cpp"}));
}

TEST_F(BranchOnly, ADryRunShowsThePlanAndMakesNone) {
  const Finished said = rollback({"--branch-only", "--dry-run"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "playerbot/code")) << said.out;
  EXPECT_FALSE(contains(said.out, "playerbot/database")) << said.out;
  EXPECT_EQ(branch(), "");
  EXPECT_EQ(plan({"--branch-only"}).at("data_loss_risk"), "none");
}

TEST_F(BranchOnly, NamesTheBranchInJson) {
  const Finished said = rollback({"--branch-only", "--yes", "--json"});
  ASSERT_STATUS(0, said);
  const auto object = nlohmann::json::parse(said.out);
  EXPECT_EQ(object.at("branch"), branch());
  EXPECT_EQ(object.at("branch_commit"), git({"rev-parse", branch()}));
}

TEST_F(BranchOnly, WithNothingToUndoItSaysSoAndMakesNone) {
  const std::string target = live().at("parent");
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  const std::string before = branch();
  const Finished said = rollback({"--branch-only", "--target", target, "--yes"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "everything is already at ")) << said.out;
  EXPECT_EQ(branch(), before);
}

TEST_F(BranchOnly, RefusesWhatIsNoCode) {
  expect_refusal({"--branch-only", "--component", "playerbot/db", "--yes"},
                 "--branch-only makes a branch of code, and 'playerbot/db' is none", 129);
  expect_refusal({"--branch-only", "--component", "code,config", "--yes"}, "'config' is none", 129);
  expect_refusal({"--branch-only", "--rows=restore", "--yes"}, "none is selected", 129);
  expect_refusal({"--branch-only", "--reason=why", "--yes"}, "--reason is for the record", 129);
  expect_refusal({"--branch-only"}, "without a terminal nobody can be asked");
}

TEST_F(BranchOnly, AComponentWithoutCodeHasNoBranch) {
  std::string yaml = read(".rollback.yml");
  yaml.insert(yaml.find("    database:"), "    code: []\n");
  write(".rollback.yml", yaml);
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
  expect_refusal({"--branch-only", "--component", "playerbot", "--yes"},
                 "--branch-only is about code, and none is selected", 129);
}

}  // namespace
}  // namespace rollback::testing
