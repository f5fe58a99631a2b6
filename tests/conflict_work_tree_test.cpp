// The linked work tree in which a person resolves a conflict: with real git, as
// the person would use it there.
#include "part/code/conflict_work_tree.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

constexpr const char* operation = "20261124T100000Z-abcdef1";
constexpr const char* target_point = "20261123T100000Z-4f2a91c";

class ConflictWorkTreeOfGit : public ServiceFixture {
 protected:
  // main: base, goes, stays; `stays` does not apply to `base`.
  void SetUp() override { set_up({"init", "-q", "-b", "main"}); }

  void set_up(const std::vector<std::string>& init) {
    git(init);
    git({"config", "user.name", "Tester"});
    git({"config", "user.email", "tester@example.org"});
    write("a", "one\n");
    write("b", "b\n");
    write("left/alone", "untouched\n");
    base_ = commit_all("base");
    write("a", "two\n");
    goes_ = commit_all("goes");
    write("a", "three\n");
    stays_ = commit_all("fix: stand on it");
  }

  std::string commit_all(const std::string& subject) {
    git({"add", "-A"});
    git({"commit", "-q", "-m", subject});
    return git({"rev-parse", "HEAD"});
  }

  Git here() { return Git(top() / ".git", top()); }
  ConflictToOpen conflict() {
    return {.target = target_point,
            .head = stays_,
            .ours = base_,
            .base = goes_,
            .theirs = stays_,
            .commit = stays_};
  }

  Finished there(const std::string& script) { return shell("cd '" + folder() + "' && " + script); }
  std::string folder() { return (top() / ".git/rollback/conflicts" / operation).string(); }
  std::string seen() {  // by everybody else
    return shell(
               "git symbolic-ref HEAD; git for-each-ref; git status --porcelain; git ls-files -s;"
               "cat a b; git worktree list")
        .out;
  }

  // Why it cannot be taken yet; "" when it was taken.
  std::string refusal(const LaidOutConflict& laid_out) {
    try {
      ConflictWorkTree(here(), operation).take(laid_out);
      return "";
    } catch (const Refused& error) {
      std::string text = error.what();
      for (const auto& hint : error.hints()) text += "\n" + hint;
      return text;
    }
  }

  std::string base_, goes_, stays_;
};

TEST_F(ConflictWorkTreeOfGit, LooksAsGitLeavesItAfterACherryPickThatStopped) {
  const std::string before = seen();
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(conflict());
  EXPECT_EQ(work_tree.folder().string(), folder());
  EXPECT_EQ(laid_out.paths, std::vector<std::string>{"a"});
  const std::string id = git({"rev-parse", "--short", stays_});
  EXPECT_EQ(there("cat a").out, "<<<<<<< the rollback to " + std::string(target_point) +
                                    "\none\n=======\nthree\n>>>>>>> " + id +
                                    " (fix: stand on it)\n");
  EXPECT_EQ(there("git status --porcelain").out, "UU a\n");
  EXPECT_EQ(there("git ls-files -u | cut -d' ' -f3").out, "1\ta\n2\ta\n3\ta\n");
  EXPECT_STATUS(0, there("git checkout -q --theirs a && grep -qx three a"));
  EXPECT_STATUS(0, there("git checkout -q --ours a && grep -qx one a"));
  EXPECT_STATUS(0, there("git checkout -q --merge a && grep -q '^=======' a"));
  EXPECT_STATUS(0, there("git -c mergetool.x.cmd='echo merged > \"$MERGED\"' -c"
                         " mergetool.x.trustExitCode=true mergetool -y -t x"));
  EXPECT_EQ(git({"show", work_tree.take(laid_out) + ":a"}), "merged");
  work_tree.remove();
  EXPECT_EQ(seen(), before);
  EXPECT_FALSE(fs::exists(top() / ".git/rollback/conflicts"));
  EXPECT_FALSE(fs::exists(top() / ".git/worktrees"));
  work_tree.remove();
}

TEST_F(ConflictWorkTreeOfGit, IsNotTakenBeforeAllIsResolvedAndStaged) {
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(conflict());
  EXPECT_TRUE(contains(refusal(laid_out), "not resolved yet in 'a'"));
  EXPECT_TRUE(contains(refusal(laid_out), "git -C '" + folder() + "' add 'a'"));
  there("git add a");
  EXPECT_TRUE(contains(refusal(laid_out), "conflict markers are left in 'a'")) << refusal(laid_out);
  there("echo resolved > a");
  EXPECT_TRUE(contains(refusal(laid_out), "changed in 'a' is not staged"));
  there("git add a; echo untracked > more; echo old > a.orig");
  EXPECT_TRUE(contains(refusal(laid_out), "and not added: 'more'"));
  there("rm more");
  EXPECT_EQ(refusal(laid_out), "");
  there("git switch -q -f --ignore-other-worktrees main");
  EXPECT_TRUE(contains(refusal(laid_out), "something else is checked out"));
  there("git switch -q --detach " + laid_out.start);
  EXPECT_TRUE(contains(refusal(laid_out), "nothing is left of the commit")) << refusal(laid_out);
  there("git commit -q --allow-empty -m resolved");
  EXPECT_EQ(refusal(laid_out), "");
  fs::remove_all(folder());
  EXPECT_TRUE(contains(refusal(laid_out), "is gone"));
}

TEST_F(ConflictWorkTreeOfGit, AUserWhoCommitsThereIsFineAndMayKeepMarkers) {
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(conflict());
  there("git commit -q -a -m 'with the markers'");
  EXPECT_EQ(work_tree.take(laid_out), there("git rev-parse HEAD^{tree} | tr -d '\\n'").out);
}

TEST_F(ConflictWorkTreeOfGit, TakesTheNextConflictAndKeepsWhatWasResolvedFromGc) {
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict first = work_tree.lay_out(conflict());
  there("echo first > a; git add a");
  const std::string tree = work_tree.take(first);
  write("b", "more\n");
  const std::string more = commit_all("more");
  write("b", "even more\n");
  const std::string last = commit_all("fix: even more");
  const LaidOutConflict second = work_tree.lay_out({.target = target_point,
                                                    .head = last,
                                                    .ours = tree,
                                                    .base = more,
                                                    .theirs = last,
                                                    .commit = last,
                                                    .resolved = {tree}});
  EXPECT_EQ(second.paths, std::vector<std::string>{"b"});
  EXPECT_EQ(there("git status --porcelain").out, "UU b\n");
  EXPECT_EQ(there("cat a").out, "first\n");
  git({"gc", "-q", "--prune=now"});
  EXPECT_STATUS(0, ask_git({"cat-file", "-e", tree + "^{tree}"}));
  EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
  there("echo second > b; git add b");
  EXPECT_EQ(git({"show", work_tree.take(second) + ":b"}), "second");
}

TEST_F(ConflictWorkTreeOfGit, AnUntrackedFileLeftThereDoesNotStopTheNextConflict) {
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict first = work_tree.lay_out(conflict());
  there("git checkout -q --theirs a; git add a");
  work_tree.take(first);
  there("echo mine > new");
  write("new", "theirs\n");
  write("a", "four\n");
  stays_ = commit_all("fix: add a file");
  const LaidOutConflict second = work_tree.lay_out(conflict());
  EXPECT_EQ(second.paths, std::vector<std::string>{"a"});
  EXPECT_EQ(there("cat new").out, "theirs\n");
}

TEST_F(ConflictWorkTreeOfGit, WhatGitMergesByItselfNeedsNoPerson) {
  git({"config", "merge.mine.driver", "echo driven > %A"});
  write(".gitattributes", "a merge=mine\n");
  git({"add", ".gitattributes"});
  ConflictToOpen driven = conflict();
  git({"checkout", "-q", base_});
  write(".gitattributes", "a merge=mine\n");
  driven.ours = commit_all("with the driver");
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(driven);
  EXPECT_EQ(laid_out.paths, std::vector<std::string>{});
  EXPECT_EQ(git({"show", work_tree.take(laid_out) + ":a"}), "driven");
}

TEST_F(ConflictWorkTreeOfGit, RerereRecordsAResolutionAndTheNextTimeNeedsNoPerson) {
  git({"config", "rerere.enabled", "true"});
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(conflict());
  there("echo resolved > a; git add a");
  const std::string tree = work_tree.take(laid_out);
  work_tree.remove();
  ConflictWorkTree again(here(), "20261125T100000Z-abcdef2");
  const LaidOutConflict known = again.lay_out(conflict());
  EXPECT_EQ(known.paths, std::vector<std::string>{});
  EXPECT_EQ(again.take(known), tree);
}

TEST_F(ConflictWorkTreeOfGit, RenamesAndDeletionsConflictAsInGit) {
  git({"checkout", "-q", base_});
  git({"rm", "-q", "a"});
  git({"mv", "b", "c"});
  const std::string ours = commit_all("elsewhere");
  ConflictToOpen moved = conflict();
  moved.ours = ours;
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(moved);
  EXPECT_EQ(there("git status --porcelain").out, "DU a\n");
  there("git rm -q a && git commit -q --allow-empty -m resolved");
  EXPECT_EQ(work_tree.take(laid_out), git({"rev-parse", ours + "^{tree}"}));
}

TEST_F(ConflictWorkTreeOfGit, NoHookOfTheUsersRunsAndFiltersDo) {
  git({"config", "filter.rot.smudge", "tr a-z A-Z"});
  git({"config", "filter.rot.clean", "tr A-Z a-z"});
  write(".git/hooks/post-checkout", "#!/bin/sh\ntouch '" + (scratch() / "ran").string() + "'\n");
  fs::permissions(top() / ".git/hooks/post-checkout", fs::add_perms | fs::owner_exe);
  write(".git/info/attributes", "left/* filter=rot\n");
  ConflictWorkTree(here(), operation).lay_out(conflict());
  EXPECT_EQ(there("cat left/alone").out, "UNTOUCHED\n");
  EXPECT_EQ(there("git status --porcelain").out, "UU a\n");
  EXPECT_FALSE(fs::exists(scratch() / "ran"));
}

TEST_F(ConflictWorkTreeOfGit, StandsBesideABareRepositoryAndItsOtherWorkTrees) {
  ASSERT_STATUS(0, shell("git clone -q --bare . ../bare.git && git -C ../bare.git worktree add -q"
                         " ../linked main"));
  const std::string before = shell("git -C ../bare.git worktree list").out;
  for (const Git& git : {Git(scratch() / "bare.git", ""),
                         Git(scratch() / "bare.git/worktrees/linked", scratch() / "linked")}) {
    ConflictWorkTree work_tree(git, operation);
    const LaidOutConflict laid_out = work_tree.lay_out(conflict());
    EXPECT_EQ(laid_out.paths, std::vector<std::string>{"a"});
    ASSERT_STATUS(0, shell("cd ../bare.git/rollback/conflicts/" + std::string(operation) +
                           " && git status --porcelain && echo x > a && git add a"));
    EXPECT_EQ(git.line({"show", work_tree.take(laid_out) + ":a"}), "x");
    work_tree.remove();
    EXPECT_EQ(shell("git -C ../bare.git worktree list").out, before);
  }
}

TEST_F(ConflictWorkTreeOfGit, StandsWhereTheConfigurationNamesTheWorkTreeAsInASubmodule) {
  git({"config", "core.worktree", top().string()});
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(conflict());
  EXPECT_EQ(there("git status --porcelain && git rev-parse --show-toplevel").out,
            "UU a\n" + folder() + "\n");
  there("echo resolved > a; git add a");
  EXPECT_EQ(git({"show", work_tree.take(laid_out) + ":a"}), "resolved");
  EXPECT_EQ(read("a"), "three\n");
}

TEST_F(ConflictWorkTreeOfGit, RemovingItLeavesStaleWorkTreesOfOthersAlone) {
  git({"worktree", "add", "-q", "--detach", (scratch() / "other").string()});
  fs::rename(scratch() / "other", scratch() / "unmounted");
  ConflictWorkTree work_tree(here(), operation);
  work_tree.lay_out(conflict());
  // As a killed `git worktree add` leaves it.
  fs::remove_all(folder());
  write(".git/worktrees/" + std::string(operation) + "/locked", "initializing");
  work_tree.remove();
  EXPECT_FALSE(fs::exists(top() / ".git/worktrees" / operation));
  EXPECT_TRUE(fs::exists(top() / ".git/worktrees/other"));
}

class ConflictWorkTreeInSha256 : public ConflictWorkTreeOfGit {
  void SetUp() override { set_up({"init", "-q", "-b", "main", "--object-format=sha256"}); }
};

TEST_F(ConflictWorkTreeInSha256, IsLaidOutAndTakenToo) {
  ConflictWorkTree work_tree(here(), operation);
  const LaidOutConflict laid_out = work_tree.lay_out(conflict());
  there("echo resolved > a; git add a");
  EXPECT_EQ(git({"show", work_tree.take(laid_out) + ":a"}), "resolved");
}

}  // namespace
}  // namespace rollback::testing
