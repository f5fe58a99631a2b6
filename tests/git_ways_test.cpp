// Where and how a user of git calls it: folders, variables, worktrees, odd
// places. A whole round of deploys, rollback and undo in each of them.
#include "git_ways_fixture.h"

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

namespace rollback::testing {
namespace {

TEST_F(GitWays, OnADetachedHeadItIsTheSame) {
  begin();
  git({"checkout", "-q", "--detach"});
  const std::string branch = git({"rev-parse", "main"});
  go_round();
  EXPECT_EQ(git({"rev-parse", "main"}), branch);
  EXPECT_STATUS(1, ask_git({"symbolic-ref", "-q", "HEAD"}));
}

TEST_F(GitWays, AKilledRollbackOnADetachedHeadCanBeAborted) {
  begin();
  git({"checkout", "-q", "--detach"});
  deploy_good();
  deploy_bad();
  const std::string start = world();
  ASSERT_STATUS(128 + 9, rollback({"--component", "playerbot", "--yes"},
                                  {{"GIT_ROLLBACK_FAIL_POINT", "verify before"}}));
  ASSERT_STATUS(0, rollback({"--abort"}));
  EXPECT_EQ(world(), start);
  EXPECT_EQ(leftovers(), "");
}

TEST_F(GitWays, ThroughGitItselfFromAnyFolder) {
  begin();
  deploy_good();
  deploy_bad();
  const std::string bad = service();
  ASSERT_STATUS(0, shell("cd src && git rollback --component playerbot --yes"));
  EXPECT_EQ(back(), "code database config binaries ");
  ASSERT_STATUS(0, shell("cd / && git -C '" + top().string() + "/etc' rollback undo --yes"));
  EXPECT_EQ(service(), bad);
  ASSERT_STATUS(0, shell("cd / && GIT_DIR='" + top().string() + "/.git' GIT_WORK_TREE='" +
                         top().string() + "' git rollback --component playerbot --yes"));
  EXPECT_EQ(back(), "code database config binaries ");
  ASSERT_STATUS(0, shell("cd / && git --git-dir='" + top().string() + "/.git' --work-tree='" +
                         top().string() + "' rollback undo --yes"));
  EXPECT_EQ(service(), bad);
}

TEST_F(GitWays, GitDirAloneMeansThatThisFolderIsTheWorkTree) {
  begin();
  deploy_good();
  deploy_bad();
  const std::string bad = service();
  ASSERT_STATUS(0, shell("GIT_DIR=.git git rollback --component playerbot --yes"));
  EXPECT_EQ(back(), "code database config binaries ");
  ASSERT_STATUS(0, shell("GIT_DIR=.git git rollback undo --yes"));
  EXPECT_EQ(service(), bad);
}

TEST_F(GitWays, TheEnvironmentCanBeGivenOnGitsCommandLine) {
  begin();
  ASSERT_STATUS(0, shell("git -c rollback.environment=staging/web1 rollback init"));
  ASSERT_STATUS(0, shell("git -c rollback.environment=staging/web1 rollback record"));
  EXPECT_EQ(points().size(), 1U);
  const Finished listed = shell("git -c rollback.environment=staging/web1 rollback list --json");
  EXPECT_EQ(nlohmann::json::parse(listed.out).at("rollback_points").size(), 2U);
  const Finished counted = shell(
      "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=rollback.environment GIT_CONFIG_VALUE_0=staging/web1"
      " git rollback status --json");
  EXPECT_EQ(nlohmann::json::parse(counted.out).at("environment"), "staging/web1");
}

TEST_F(GitWays, VariablesThatPointGitElsewhereDoNotLeadItAstray) {
  begin();
  deploy_good();
  deploy_bad();
  const std::string bad = service();
  const Variables astray{
      {"GIT_INDEX_FILE", "/nowhere/index"}, {"GIT_NAMESPACE", "elsewhere"},
      {"GIT_LITERAL_PATHSPECS", "1"},       {"GIT_NOTES_REF", "refs/notes/other"},
      {"GIT_CONFIG", "/dev/null"},          {"GIT_PREFIX", "etc/"},
      {"GIT_EXTERNAL_DIFF", "/bin/false"},  {"GIT_TRACE", "1"}};
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}, astray));
  EXPECT_EQ(back(), "code database config binaries ");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}, astray));
  EXPECT_EQ(service(), bad);
}

TEST_F(GitWays, InTheGitFolderItSaysWhereToGo) {
  begin();
  const Finished said = shell("cd .git && git rollback list");
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "fatal: ")) << said.err;
  EXPECT_TRUE(contains(said.err, "hint: ")) << said.err;
}

TEST_F(GitWays, OutsideOfARepositoryItSaysWhatGitSays) {
  const Finished said = rollback({"list"});
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "not a git repository")) << said.err;
}

// --- no commit yet ---------------------------------------------------------

TEST_F(GitWays, WithoutACommitEachVerbSaysSoAndInitPreparesForTheFirst) {
  git({"init", "-q", "-b", "main"});
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_STATUS(0, rollback({"list"}));
  EXPECT_STATUS(0, rollback({"status"}));
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"--yes"},
                                             {"--target", "previous", "--yes"},
                                             {"undo", "--yes"},
                                             {"record"},
                                             {"hook", "pre-deploy"},
                                             {"hook", "post-deploy", "--status", "0"},
                                             {"deploy", "--", "true"}}) {
    const Finished said = rollback(verb);
    EXPECT_TRUE(said.status == 128 || said.status == 1) << verb[0] << ": " << said.status;
    EXPECT_TRUE(contains(said.err, "git rollback")) << verb[0] << ": " << said.err;
    EXPECT_EQ(git({"for-each-ref"}), "");
  }
}

TEST_F(GitWays, OnAnUnbornBranchTheDeployedCommitIsStillKnown) {
  begin();
  deploy_good();
  deploy_bad();
  git({"checkout", "-q", "--orphan", "fresh"});
  EXPECT_STATUS(0, rollback({"list"}));
  EXPECT_STATUS(0, rollback({"status"}));
  expect_refusal({"--component", "playerbot", "--yes"}, "has no commit yet");
  ASSERT_STATUS(0, rollback({"--component", "database,config,binaries", "--yes"}));
  EXPECT_TRUE(contains(back(), "database")) << back();
}

// --- worktrees -------------------------------------------------------------

class LinkedWorktree : public GitWays {
 protected:
  // The service is deployed from a linked worktree, on a branch of its own.
  void SetUp() override {
    ASSERT_STATUS(0, shell("git init -q -b trunk ../main && cd ../main && git config user.name T &&"
                           " git config user.email t@example.org &&"
                           " git commit -q --allow-empty -m start &&"
                           " rmdir ../world && git worktree add -q -b deployed ../world"));
    begin();
  }
  Finished in_main(const std::string& script) { return shell("cd ../main && " + script); }
};

TEST_F(LinkedWorktree, IsWhereItsStoresAre) {
  go_round();
  EXPECT_EQ(in_main("git status --porcelain; git symbolic-ref HEAD; git log --format=%s").out,
            "refs/heads/trunk\nstart\n");
}

TEST_F(LinkedWorktree, SharesItsRecordWithTheOthers) {
  deploy_good();
  const Finished listed = in_main("git rollback list --json");
  EXPECT_EQ(nlohmann::json::parse(listed.out).at("rollback_points").size(), points().size());
}

TEST_F(LinkedWorktree, TheStoresOfAPointAreNotSoughtInAnother) {
  deploy_good();
  deploy_bad();
  ASSERT_STATUS(0, in_main("git merge -q --ff-only deployed"));
  const std::string before = service();
  const Finished said = in_main("git rollback --component playerbot/config --yes");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "work tree 'world'")) << said.err;
  EXPECT_EQ(in_main("cat etc/playerbot.conf; git status --porcelain").out,
            "greeting = hello raiders\nrate = 9\n");
  EXPECT_EQ(service(), before);
}

TEST_F(LinkedWorktree, AnOperationIsFinishedWhereItBeganWhereverItIsTyped) {
  deploy_good();
  deploy_bad();
  ASSERT_STATUS(0, in_main("git merge -q --ff-only deployed"));
  const std::string start = world();
  ASSERT_STATUS(128 + 9, rollback({"--component", "playerbot", "--yes"},
                                  {{"GIT_ROLLBACK_FAIL_POINT", "verify before"}}));
  const Finished status = in_main("git -c rollback.environment=other rollback status");
  EXPECT_TRUE(contains(status.out, "at the target")) << status.out;
  ASSERT_STATUS(0, in_main("git -c rollback.environment=other rollback --abort"));
  EXPECT_EQ(in_main("git status --porcelain").out, "");
  EXPECT_EQ(world(), start);
  EXPECT_EQ(leftovers(), "");
  ASSERT_STATUS(128 + 9, rollback({"--component", "playerbot", "--yes"},
                                  {{"GIT_ROLLBACK_FAIL_POINT", "publish after"}}));
  ASSERT_STATUS(0, in_main("git -c rollback.environment=other rollback --continue"));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(in_main("git status --porcelain").out, "");
  EXPECT_EQ(leftovers(), "");
}

TEST_F(LinkedWorktree, WhatWasKilledBeforeItsIntentIsCleanedUpWhereItBegan) {
  deploy_good();
  deploy_bad();
  const std::string start = world();
  ASSERT_STATUS(128 + 9, rollback({"--component", "playerbot", "--yes"},
                                  {{"GIT_ROLLBACK_FAIL_POINT", "intend before"}}));
  EXPECT_STATUS(0, in_main("git rollback --abort"));
  EXPECT_EQ(world(), start);
  EXPECT_EQ(leftovers(), "");
}

// --- bare ------------------------------------------------------------------

class BareRepository : public GitWays {
 protected:
  // The stores are at absolute paths, the commits come by push.
  void SetUp() override {
    const std::string at = scratch().string();
    ASSERT_STATUS(0, shell("git init -q --bare -b main ../bare.git && git init -q -b main &&"
                           " git config user.name T && git config user.email t@example.org &&"
                           " git remote add origin ../bare.git && cd ../bare.git &&"
                           " git config user.name T && git config user.email t@example.org"));
    write(".rollback.yml", "version: 1\ncomponents:\n  playerbot:\n    config: [\"" + at +
                               "/conf\"]\n    binaries: { releases: \"" + at +
                               "/releases\", current: \"" + at + "/current\" }\n");
    ASSERT_STATUS(0, shell("echo 1 > ../conf; mkdir -p ../releases/1 ../releases/2;"
                           " echo one > ../releases/1/server; echo two > ../releases/2/server;"
                           " ln -s releases/1 ../current"));
    push("version 1\n");
    ASSERT_STATUS(0, in_bare("git rollback init"));
  }
  void push(const std::string& code) {
    write("code", code);
    ASSERT_STATUS(0, shell("git add . && git commit -q -m \"$(cat code)\" && git push -q -u origin"
                           " main"));
  }
  Finished in_bare(const std::string& script) { return shell("cd ../bare.git && " + script); }
  std::string state() {
    return shell("cat ../conf; readlink ../current; git -C ../bare.git rev-parse main^{tree}").out;
  }
};

TEST_F(BareRepository, RollsBackWithAbsolutePaths) {
  ASSERT_STATUS(0, in_bare("git rollback deploy -- true"));
  const std::string good = state();
  push("version 2\n");
  ASSERT_STATUS(0, in_bare("git rollback deploy -- sh -c 'echo 2 > ../conf &&"
                           " ln -sfn releases/2 ../current'"));
  const std::string bad = state();
  ASSERT_STATUS(0, in_bare("git rollback --target previous --yes"));
  EXPECT_EQ(state(), good);
  ASSERT_STATUS(0, in_bare("git rollback undo --yes"));
  EXPECT_EQ(state(), bad);
  EXPECT_EQ(in_bare("find . -name '*.lock' -o -name 'rollback-index*'").out, "");
}

TEST_F(BareRepository, SaysThatARelativeStoreNeedsAWorkTree) {
  write(".rollback.yml", "version: 1\ncomponents:\n  playerbot:\n    config: [\"etc/x.conf\"]\n");
  push("version 2\n");
  for (const char* verb : {"record", "deploy -- true", "--target previous --yes"}) {
    const Finished said = in_bare(std::string("git rollback ") + verb);
    EXPECT_STATUS(129, said);
    EXPECT_TRUE(contains(said.err, "'etc/x.conf'") && contains(said.err, "bare")) << said.err;
    EXPECT_TRUE(contains(said.err, "absolute path")) << said.err;
  }
  EXPECT_STATUS(0, in_bare("git rollback list"));
  EXPECT_STATUS(0, in_bare("git rollback status"));
}

TEST_F(BareRepository, InsideOfAnotherRepositoryIsNotTakenForGranted) {
  ASSERT_STATUS(0, shell("git init -q --bare sub.git"));
  const Finished said = shell("cd sub.git && git rollback list");
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "inside another repository")) << said.err;
}

}  // namespace
}  // namespace rollback::testing
