// Which commits a rollback of code keeps, and what becomes of conflicts: by the
// program, on a component that is code alone.
#include "keep_fixture.h"

namespace rollback::testing {
namespace {

TEST_F(Keep, TheSecurityFixStaysAndTheRestGoes) {
  line(2, "feature", "feat(raid): two");
  line(6, "safe", "fix(security): six");
  line(9, "hot", "hotfix: nine");
  deploy();
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 2 3 4 5 safe 7 8 hot 10\n");
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(Keep, TheWordsOfTheUserAddEmptyAndTakeOut) {
  const std::string feature = line(2, "feature", "feat(raid): two");
  const std::string fix = line(6, "safe", "fix(security): six");
  line(9, "hot", "hotfix: nine");
  deploy();
  const auto kept_with = [&](const std::vector<std::string>& options) {
    const std::string text = details(options);
    return std::string(contains(text, "keeps " + feature.substr(0, 10)) ? "feature " : "") +
           (contains(text, "keeps " + fix.substr(0, 10)) ? "fix " : "") +
           (contains(text, "hotfix: nine (hotfixes") ? "hotfix" : "");
  };
  EXPECT_EQ(kept_with({}), "fix hotfix");
  EXPECT_EQ(kept_with({"--preserve", "none"}), "");
  EXPECT_EQ(kept_with({"--preserve", "none,security_fixes"}), "fix ");
  EXPECT_EQ(kept_with({"--preserve", feature}), "feature fix hotfix");
  EXPECT_EQ(kept_with({"--no-preserve", fix.substr(0, 12)}), "hotfix");
}

TEST_F(Keep, AWordThatIsNoClassAndNoCommitOfTheRangeIsRefused) {
  line(2, "feature", "feat(raid): two");
  deploy();
  expect_refusal({"--target", "previous", "--yes", "--preserve", "securty_fixes"},
                 "'securty_fixes' of --preserve is neither a class of commit nor a commit", 129);
  git({"switch", "-q", "-c", "elsewhere"});
  const std::string other = commit_all("hotfix: elsewhere");
  git({"switch", "-q", "main"});
  expect_refusal({"--target", "previous", "--yes", "--preserve", other},
                 "is none of the commits after the point");
}

TEST_F(Keep, ClassesOfTheUsersOwnKeepByPathAuthorTrailerAndLabel) {
  configure(
      "version: 1\ncomponents:\n  app:\n    code: [src]\n"
      "strategies:\n  code_rollback: { preserve: [ours, hotfixes] }\n"
      "preserve:\n  ours: { paths: [src/licence], author: Bob, trailers: [Keep], label: keep }\n");
  deploy();
  write("src/licence", "new\n");
  commit_all("feat: the licence");
  line(2, "bob", "feat: by bob");
  git({"commit", "-q", "--amend", "--no-edit", "--author", "Bob <bob@example.org>"});
  line(4, "trailer", "feat: by trailer\n\nKeep: yes");
  const std::string labelled = line(6, "label", "feat: by label");
  git({"notes", "add", "-m", "keep", labelled});
  line(8, "gone", "fix(security): not a class that was chosen");
  deploy();
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 bob 3 trailer 5 label 7 8 9 10\n");
  EXPECT_EQ(read("src/licence"), "new\n");
}

TEST_F(Keep, AMergeStaysAsOneForTheFixThatItBrought) {
  git({"switch", "-q", "-c", "side"});
  line(2, "side", "feat: on the side");
  line(4, "safe", "fix(security): on the side");
  git({"switch", "-q", "main"});
  line(8, "main", "feat: on main");
  git({"merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "side"});
  deploy();
  EXPECT_TRUE(contains(details(), "Merge branch 'side' (security_patches: its subject, of "));
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 side 3 safe 5 6 7 8 9 10\n");
}

TEST_F(Keep, AKeptCommitKeepsWhatItDidInsideAndOutside) {
  line(2, "feature", "feat: two");
  write("docs/a", "words of the fix\n");
  line(6, "safe", "hotfix: inside and outside");
  write("docs/a", "later words\n");
  commit_all("docs: later, on the same line");
  deploy();
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 2 3 4 5 safe 7 8 9 10\n");
  EXPECT_EQ(read("docs/a"), "later words\n");
}

TEST_F(Keep, AConflictNamesCommitFileAndWhatItStandsOnAndChangesNothing) {
  const std::string feature = line(5, "feature", "feat: five");
  const std::string fix = line(5, "feature, safe", "hotfix: five");
  deploy();
  const std::string before = git({"rev-parse", "HEAD"});
  const Finished said = rollback({"--target", "previous", "--emergency"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, fix.substr(0, 10) + " (hotfix: five) does not apply")) << said.err;
  EXPECT_TRUE(contains(said.err, "conflict in 'src/a'")) << said.err;
  EXPECT_TRUE(contains(said.err, "it stands on " + feature.substr(0, 10))) << said.err;
  EXPECT_TRUE(contains(said.err, "--conflicts=closure")) << said.err;
  EXPECT_EQ(git({"rev-parse", "HEAD"}), before);
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  EXPECT_EQ(leftovers(), "");
}

TEST_F(Keep, ClosureKeepsWhatTheFixStandsOnAndNoMore) {
  line(1, "first", "feat: one");
  line(5, "feature", "feat: five");
  line(5, "feature, better", "feat: five, better");
  line(5, "feature, better, safe", "hotfix: five");
  line(10, "last", "feat: ten");
  deploy();
  const std::string text = details({"--conflicts=closure"});
  EXPECT_TRUE(contains(text, "feat: five (closure: ")) << text;
  EXPECT_TRUE(contains(text, "feat: five, better (closure: ")) << text;
  ASSERT_STATUS(0, go({"--conflicts=closure"}));
  EXPECT_EQ(lines(), "1 2 3 4 feature, better, safe 6 7 8 9 10\n");
}

TEST_F(Keep, ClosureDoesNotKeepWhatTheUserTookOut) {
  const std::string feature = line(5, "feature", "feat: five");
  line(5, "feature, safe", "hotfix: five");
  deploy();
  expect_refusal(
      {"--target", "previous", "--emergency", "--conflicts=closure", "--no-preserve", feature},
      "feat: five, which --no-preserve takes out");
}

TEST_F(Keep, ClosureStopsAtItsLimit) {
  for (int i = 0; i < 4; ++i) line(5, "feature " + std::to_string(i), "feat: five");
  line(5, "safe", "hotfix: five");
  deploy();
  git({"config", "rollback.closureLimit", "2"});
  expect_refusal({"--target", "previous", "--yes", "--conflicts=closure"},
                 "is more than 2 commits");
}

TEST_F(Keep, SkipLeavesTheConflictingOneOutAndSaysSo) {
  line(5, "feature", "feat: five");
  const std::string fix = line(5, "feature, safe", "hotfix: five");
  line(9, "hot", "hotfix: nine");
  deploy();
  EXPECT_TRUE(contains(details({"--conflicts=skip"}), "leaves out " + fix.substr(0, 10) +
                                                          " hotfix: five (hotfixes: its subject): "
                                                          "conflict in 'src/a'"));
  ASSERT_STATUS(0, go({"--conflicts=skip"}));
  EXPECT_EQ(lines(), "1 2 3 4 5 6 7 8 hot 10\n");
  EXPECT_TRUE(contains(git({"log", "-1", "--format=%B"}), "Reverts: " + fix));
}

TEST_F(Keep, WhatOneRollbackUndidTheNextDoesNotBringBack) {
  line(2, "feature", "feat: two");
  const std::string dropped = line(4, "dropped", "hotfix: four");
  line(6, "safe", "hotfix: six");
  deploy();
  ASSERT_STATUS(0, go({"--no-preserve", dropped}));
  EXPECT_EQ(lines(), "1 2 3 4 5 safe 7 8 9 10\n");
  line(8, "more", "feat: eight");
  deploy();
  const std::string first = points().back().at("point");
  ASSERT_STATUS(0, rollback({"--target", first, "--again", "--yes"}));
  EXPECT_EQ(lines(), "1 2 3 4 5 safe 7 8 9 10\n");
}

TEST_F(Keep, WhereThePointIsNoAncestorTheRangeStartsWhereTheyParted) {
  git({"switch", "-q", "-c", "release"});
  line(2, "released", "feat: released");
  deploy();
  git({"switch", "-q", "main"});
  line(4, "feature", "feat: four");
  line(8, "hot", "hotfix: eight");
  deploy();
  ASSERT_STATUS(0, go());
  EXPECT_EQ(lines(), "1 released 3 4 5 6 7 hot 9 10\n");
  EXPECT_EQ(git({"branch", "--show-current"}), "main");
}

TEST_F(Keep, WhereAllIsKeptItSaysThatThisIsWhyNothingChanges) {
  line(2, "safe", "fix(security): two");
  deploy();
  const Finished said = go();
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "but for 1 commit that is kept")) << said.out;
}

TEST_F(Keep, ASecondRollbackToTheSamePointHasNothingToDoAndMakesNoCommit) {
  line(2, "feature", "feat: two");
  line(6, "safe", "hotfix: six");
  deploy();
  const std::string target = plan({"--target", "previous"}).at("recommended_point");
  ASSERT_STATUS(0, rollback({"--target", target, "--yes"}));
  const std::string head = git({"rev-parse", "HEAD"});
  const Finished said = rollback({"--target", target, "--again", "--yes"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out + said.err, "already")) << said.out << said.err;
  EXPECT_EQ(git({"rev-parse", "HEAD"}), head);
}

TEST_F(Keep, UndoAndRollingForwardGiveExactlyTheOldTree) {
  line(2, "feature", "feat: two");
  line(6, "safe", "hotfix: six");
  deploy();
  const std::string old = git({"rev-parse", "HEAD^{tree}"}), head = git({"rev-parse", "HEAD"});
  ASSERT_STATUS(0, go());
  const std::string back = git({"rev-parse", "HEAD^{tree}"});
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), old);
  const std::string target = points().back().at("point");
  ASSERT_STATUS(0, rollback({"--target", target, "--again", "--yes"}));
  EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), back);
  ASSERT_STATUS(0, rollback({"--target", head, "--again", "--yes"}));
  EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), old);
}

TEST_F(Keep, AFileOutsideIsNeverDroppedForAFolderThatComesBack) {
  configure("version: 1\ncomponents:\n  app:\n    code: [':(glob)**/*.txt']\n");
  write("lib/notes.txt", "notes\n");
  commit_all("lib is a folder");
  deploy();
  git({"rm", "-qr", "lib"});
  write("lib", "mine\n");
  commit_all("lib is a file of somebody else");
  deploy();
  expect_refusal({"--target", "previous", "--yes"},
                 "'lib' is none of what goes back, and stands in the way of it");
  EXPECT_EQ(read("lib"), "mine\n");
}

TEST_F(Keep, AFixIsNotLostWhereItsFileWasMovedOutOfTheComponent) {
  configure("version: 1\ncomponents:\n  app:\n    code: [':(glob)**/*.txt']\n");
  deploy();
  write("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n");
  commit_all("feat: a.txt");
  write("a.txt", "1\n2\n3\nsafe\n5\n6\n7\n8\n");
  const std::string fix = commit_all("hotfix: four");
  git({"mv", "a.txt", "src/b"});
  commit_all("feat: moved out");
  write("src/b", "1\n2\n3\n4\n5\n6\n7\n8\n");
  commit_all("feat: not there");
  deploy();
  expect_refusal({"--target", "previous", "--yes"},
                 fix.substr(0, 10) + " hotfix: four changes a file that is called 'src/b' there");
}

TEST_F(Keep, FeaturesAreScopesBranchesAndTheComponent) {
  git({"switch", "-q", "-c", "guild"});
  line(2, "x", "feat(bank): two");
  git({"switch", "-q", "main"});
  git({"merge", "-q", "--no-ff", "-m", "Merge branch 'guild'", "guild"});
  line(4, "y", "feat(raid)!: four");
  deploy();
  EXPECT_EQ(plan({"--target", "previous"}).at("affected_features"),
            (nlohmann::json{"app", "bank", "guild", "raid"}));
}

TEST_F(Keep, CommitsThatAreNowhereElseAreSaid) {
  const std::string shared = line(2, "x", "feat: two");
  git({"branch", "elsewhere"});
  const std::string only = line(4, "y", "feat: four");
  deploy();
  const std::string text = details();
  EXPECT_TRUE(contains(
      text, "1 of those undone is on no remote and no other branch: " + only.substr(0, 10)))
      << text;
  EXPECT_FALSE(contains(text, "branch: " + shared.substr(0, 10))) << text;
}

TEST_F(Keep, DroppedUndeployedCommitsAreNamedAsUndone) {
  line(2, "feature", "feat: two");
  deploy();
  const std::string late = line(8, "late", "feat: late");
  const std::string late_fix = line(10, "late fix", "hotfix: late");
  ASSERT_STATUS(0, go({"--drop-undeployed"}));
  EXPECT_EQ(lines(), "1 2 3 4 5 6 7 8 9 late fix\n");
  const std::string message = git({"log", "-1", "--format=%B"});
  EXPECT_TRUE(contains(message, "Reverts: " + late)) << message;
  EXPECT_FALSE(contains(message, "Reverts: " + late_fix)) << message;
}

}  // namespace
}  // namespace rollback::testing
