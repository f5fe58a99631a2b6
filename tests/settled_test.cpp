// Conflicts that are none, and what a real one stands on: with real git.
#include "part/code/settled.h"

#include "part/code/closure.h"
#include "part/code/contained.h"
#include "part/code/history.h"
#include "part/code/laying.h"
#include "part/code/twins.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

std::set<std::string> no_twins() { return {}; }

class Settling : public ServiceFixture {
 protected:
  void SetUp() override {
    git({"init", "-q", "-b", "main"});
    git({"config", "user.name", "Tester"});
    git({"config", "user.email", "tester@example.org"});
    here_ = Git(top() / ".git", top());
  }

  std::string commit_all(const std::string& subject) {
    git({"add", "-A"});
    git({"commit", "-q", "-m", subject});
    return git({"rev-parse", "HEAD"});
  }

  CommitToLay to_lay(const std::string& id) {
    const std::string parent = git({"rev-parse", id + "^"});
    return {.id = id, .parent = parent, .changes = changes_of(here_, {{id, parent}}, {})[id]};
  }

  Laying::Result lay(const std::string& on, const std::vector<std::string>& ids) {
    std::vector<CommitToLay> commits;
    for (const auto& id : ids) commits.push_back(to_lay(id));
    return Laying(here_, {}, no_twins).lay(on, commits, false);
  }

  // Of the last commit since the point, which must conflict: the ids of those that
  // it stands on.
  std::vector<std::string> stood_on_by(const std::string& last, const std::string& point) {
    const auto result = lay(point, {last});
    EXPECT_TRUE(result.conflict);
    if (!result.conflict) return {};
    std::vector<Candidate> candidates;
    for (auto& unit : units_between(here_, point, last, Notes::none)) {
      candidates.push_back({.unit = std::move(unit)});
    }
    candidates.back().kept_for = "test";
    std::vector<std::string> ids;
    for (const size_t i : stands_on(here_, *result.conflict, point, candidates)) {
      ids.push_back(candidates[i].unit.commit.id);
    }
    return ids;
  }

  std::string file(const std::string& tree, const std::string& path) {
    return git({"show", tree + ":" + path});
  }

  Git here_;
};

TEST_F(Settling, TheSameChangeOnBothSidesIsNoConflict) {
  write("a", "1\n2\n3\n");
  const std::string base = commit_all("base");
  write("a", "1\ntwo\n3\n");
  const std::string fix = commit_all("fix");
  git({"switch", "-q", "--detach", base});
  write("a", "1\ntwo\n3\n");
  write("b", "b\n");
  const std::string point = commit_all("the same and more");
  const auto result = lay(point, {fix});
  EXPECT_FALSE(result.conflict);
  EXPECT_EQ(result.tree, git({"rev-parse", point + "^{tree}"}));
}

// On a branch that has the fix as a commit of its own, and changed the line next to it.
class PickedFix : public Settling {
 protected:
  void SetUp() override {
    Settling::SetUp();
    write("a", "1\n2\n3\n4\n5\n6\n7\n8\n");
    const std::string base = commit_all("base");
    write("a", "1\n2\n3\n4\nfive\n6\n7\n8\n");
    fix_ = commit_all("fix");
    git({"switch", "-q", "--detach", base});
    git({"cherry-pick", "-x", fix_});
    write("a", "1\n2\n3\n4\nfive\nsix\n7\n8\n");
    point_ = commit_all("the line next to it");
  }

  Laying::Result lay_fix(const std::string& on) {
    return Laying(here_, {}, [&] { return commits_with_twins(here_, on, fix_); })
        .lay(on, {to_lay(fix_)}, false);
  }

  std::string fix_, point_;
};

TEST_F(PickedFix, IsContained) {
  const auto result = lay_fix(point_);
  ASSERT_FALSE(result.conflict);
  EXPECT_EQ(result.settled.at(fix_), "the point has the same change");
  EXPECT_EQ(file(result.tree, "a"), "1\n2\n3\n4\nfive\nsix\n7\n8");
}

TEST_F(PickedFix, IsNotContainedWhereItWasChangedAgain) {
  write("a", "1\n2\n3\n4\nfive, faster\nsix\n7\n8\n");
  commit_all("perf");
  EXPECT_TRUE(lay_fix(git({"rev-parse", "HEAD"})).conflict);
}

TEST_F(PickedFix, IsNotContainedWhereItWasTakenBack) {
  write("a", "1\n2\n3\n4\n5\nsix\n7\n8\n");
  git({"add", "a"});
  git({"commit", "-q", "-m", "back, by hand"});
  EXPECT_TRUE(lay_fix(git({"rev-parse", "HEAD"})).conflict);
}

// Changes the fix's lines only in their whitespace, before it.
class OnlyWhitespace : public Settling {
 protected:
  Laying::Result lay_fix_on_other_whitespace(const std::string& path, const std::string& was,
                                             const std::string& is) {
    write(path, "f() {\n" + was + "a();\n" + was + "b();\n" + was + "c();\n}\n");
    const std::string point = commit_all("point");
    write(path, "f() {\n" + is + "a();\n" + is + "b();\n" + is + "c();\n}\n");
    commit_all("other whitespace");
    write(path, "f() {\n" + is + "a();\n" + is + "b(safe);\n" + is + "c();\n}\n");
    return lay(point, {commit_all("fix")});
  }
};

TEST_F(OnlyWhitespace, IsNoConflict) {
  const auto result = lay_fix_on_other_whitespace("a.cpp", "  ", "\t");
  ASSERT_FALSE(result.conflict);
  EXPECT_EQ(result.settled.begin()->second, "only whitespace differs");
  EXPECT_TRUE(contains(file(result.tree, "a.cpp"), "b(safe);"));
}

TEST_F(OnlyWhitespace, IsAConflictWhereItIsTheMeaning) {
  EXPECT_TRUE(lay_fix_on_other_whitespace("a.py", "  ", "    ").conflict);
}

TEST(Contained, IsAChangeWhoseLinesStandTogetherInTheirPlace) {
  const auto conflict = [](const std::string& ours, const std::string& base,
                           const std::string& theirs) {
    return "<<<< a\n" + ours + "|||| b\n" + base + "====\n" + theirs + ">>>> c\n";
  };
  EXPECT_TRUE(is_contained("x\n" + conflict("new\nsix\n", "5\n6\n", "new\n6\n") + "y\n", 4));
  EXPECT_FALSE(is_contained(conflict("5\nsix\n", "5\n6\n", "new\n6\n"), 4));
  EXPECT_FALSE(is_contained(conflict("new\n5\nsix\n", "5\n6\n", "new\n6\n"), 4));
  // Only less: that it is not there may mean that it has another name.
  EXPECT_FALSE(is_contained(conflict("six\n", "5\n6\n", "6\n"), 4));
  // The same line, for something else.
  EXPECT_FALSE(is_contained(conflict("if (a) {\nunlock\nreturn 1\n}\nif (b) {\nreturn 2\n}\n",
                                     "if (c) {\nreturn 2\n}\n", "if (c) {\nunlock\nreturn 2\n}\n"),
                            4));
  // In two places, of which one is there.
  EXPECT_FALSE(is_contained(conflict("x\nfix\n", "x\ny\n", "x\nfix\ny\nfix\n"), 4));
  // Nothing but punctuation is new.
  EXPECT_FALSE(is_contained(conflict("}\nsix\n", "6\n", "}\n6\n"), 4));
  EXPECT_FALSE(is_contained("no conflict\n", 4));
}

TEST_F(Settling, WhatRerereRecordedIsUsedAgain) {
  git({"config", "rerere.enabled", "true"});
  write("a", "1\n2\n3\n");
  const std::string point = commit_all("point");
  write("a", "1\ntwo\n3\n");
  commit_all("goes");
  write("a", "1\ntwo, safe\n3\n");
  const std::string fix = commit_all("fix");
  EXPECT_TRUE(lay(point, {fix}).conflict);
  git({"switch", "-q", "--detach", point});
  ask_git({"cherry-pick", fix});
  write("a", "1\n2, safe\n3\n");
  git({"add", "a"});
  git({"-c", "core.editor=true", "cherry-pick", "--continue"});
  const auto result = lay(point, {fix});
  ASSERT_FALSE(result.conflict);
  EXPECT_EQ(file(result.tree, "a"), "1\n2, safe\n3");
  EXPECT_TRUE(contains(result.settled.at(fix), "rerere"));
}

TEST_F(Settling, ARealConflictLeavesNothingBehind) {
  write("a", "1\n2\n3\n");
  const std::string point = commit_all("point");
  write("a", "1\ntwo\n3\n");
  commit_all("goes");
  write("a", "1\ntwo, safe\n3\n");
  const std::string fix = commit_all("fix");
  const auto result = lay(point, {fix});
  ASSERT_TRUE(result.conflict);
  EXPECT_EQ(result.conflict->paths, std::vector<std::string>{"a"});
  EXPECT_EQ(result.conflict->ours, git({"rev-parse", point + "^{tree}"}));
  EXPECT_EQ(shell("ls .git | grep -e rollback-merge -e rollback-index; git status --short").out,
            "");
}

TEST_F(Settling, AResolutionIsTakenForItsOwnConflictOnly) {
  write("a", "1\n");
  const std::string point = commit_all("point");
  write("a", "2\n");
  commit_all("goes");
  write("a", "3\n");
  const std::string fix = commit_all("fix");
  const std::string tree = git({"rev-parse", fix + "^{tree}"}),
                    ours = git({"rev-parse", point + "^{tree}"});
  EXPECT_EQ(Laying(here_, {{fix, ours, tree}}, no_twins).lay(point, {to_lay(fix)}, false).tree,
            tree);
  EXPECT_TRUE(
      Laying(here_, {{fix, tree, tree}}, no_twins).lay(point, {to_lay(fix)}, false).conflict);
}

TEST_F(Settling, AConflictStandsOnTheCommitThatItsLinesCameWith) {
  write("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  const std::string point = commit_all("point");
  write("b", "b\n");
  commit_all("something else");
  write("a", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n");
  const std::string line = commit_all("the line");
  write("a", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n");
  commit_all("far from it");
  write("a", "1\n2\n3\n4\nfive, safe\n6\n7\n8\n9\n10\n11\n");
  const std::string fix = commit_all("fix");
  EXPECT_EQ(stood_on_by(fix, point), std::vector<std::string>{line});
}

TEST_F(Settling, AConflictStandsOnTheCommitThatBroughtItsFile) {
  write("a", "1\n");
  const std::string point = commit_all("point");
  write("new", "");
  const std::string brought = commit_all("the file");
  write("new", "fixed\n");
  const std::string fix = commit_all("fix");
  EXPECT_EQ(stood_on_by(fix, point), std::vector<std::string>{brought});
}

}  // namespace
}  // namespace rollback::testing
