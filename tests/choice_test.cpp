// Which commits a code rollback keeps, and which were undone before: pure.
#include "part/code/choice.h"

#include <gtest/gtest.h>

#include "part/code/features.h"

namespace rollback::testing {
namespace {

std::string id(char c) { return std::string(40, c); }

Commit commit(char c, const std::string& subject, const std::string& body = "") {
  return {.id = id(c),
          .parents = {id('0')},
          .author = "Ann <ann@example.org>",
          .subject = subject,
          .message = subject + "\n\n" + body,
          .trailers = {},
          .note = ""};
}

Candidate candidate(Commit one, std::vector<Commit> merged = {}) {
  return {.unit = {.commit = std::move(one), .merged = std::move(merged)}};
}

Commit rollback_of(char c, const std::string& undone, const std::string& component = "") {
  Commit one = commit(c, "Roll back app to P", "Kept:\n  fix(security): CVE-2024-1234\n");
  one.trailers = {{"Rollback-To", "P"}};
  for (const char each : undone) one.trailers.emplace_back("Reverts", id(each));
  if (!component.empty()) one.trailers.emplace_back("Rollback-Component", component);
  return one;
}

class Choice : public ::testing::Test {
 protected:
  // The rules that keep them, one word a candidate: "-" for none.
  std::string chosen(std::vector<Candidate> candidates) {
    candidates_ = std::move(candidates);
    choose(candidates_, PreserveRules(settings_.classes),
           {.components = {"app"}, .wishes = wishes_, .touched = touched_, .reverts = reverts_});
    std::string text;
    for (const auto& one : candidates_) {
      text += one.kept() ? one.kept_for.substr(0, one.kept_for.find(':')) : "-";
      text += one.undone ? "(undone) " : " ";
    }
    return text;
  }

  PreserveSettings settings_;
  Touched touched_;
  Wishes wishes_;
  Reverts reverts_;
  std::vector<Candidate> candidates_;
};

TEST_F(Choice, KeepsTheBuiltInClassesAndSaysByWhichRule) {
  EXPECT_EQ(chosen({candidate(commit('a', "feat: a")), candidate(commit('b', "hotfix: b")),
                    candidate(commit('c', "fix(security): c")),
                    candidate(commit('d', "feat: d", "closes {CVE-2024-12345}."))}),
            "- hotfixes security_patches security_patches ");
  EXPECT_EQ(candidates_[2].kept_for, "security_patches: its subject");
  EXPECT_EQ(candidates_[3].kept_for, "security_patches: 'CVE-2024-12345' in its message");
}

TEST_F(Choice, KeepsByTrailerAuthorLabelAndPath) {
  settings_.classes = {{.name = "t", .trailers = {"Keep-Me"}},
                       {.name = "a", .author = "^Bob"},
                       {.name = "l", .labels = {"keep"}},
                       {.name = "p", .paths = {"src"}}};
  Commit trailer = commit('a', "a"), author = commit('b', "b"), label = commit('c', "c");
  trailer.trailers = {{"keep-me", "yes"}};
  author.author = "Bob <bob@example.org>";
  label.note = "words\nkeep\n";
  touched_["p"] = {id('d')};
  EXPECT_EQ(chosen({candidate(trailer), candidate(author), candidate(label),
                    candidate(commit('d', "d")), candidate(commit('e', "keep"))}),
            "t a l p - ");
}

TEST_F(Choice, KeepsAMergeForTheSakeOfWhatItMerged) {
  EXPECT_EQ(chosen({candidate(commit('m', "Merge branch 'x'"),
                              {commit('a', "feat: a"), commit('b', "hotfix: b")})}),
            "hotfixes ");
  EXPECT_EQ(candidates_[0].kept_for, "hotfixes: its subject, of bbbbbbbbbb which it merged");
  wishes_.no_preserve = {id('b')};
  EXPECT_EQ(chosen({candidate(commit('m', "Merge branch 'x'"), {commit('b', "hotfix: b")})}), "- ");
}

TEST_F(Choice, KeepsWhatIsNotDeployedYetUnlessItIsToBeDropped) {
  Candidate late = candidate(commit('a', "feat: a")), late_fix = candidate(commit('b', "hotfix"));
  late.deployed = late_fix.deployed = false;
  EXPECT_EQ(chosen({late, late_fix}), "undeployed undeployed ");
  wishes_.no_preserve = {id('a')};
  EXPECT_EQ(chosen({late, late_fix}), "- undeployed ");
  wishes_ = {.preserve = {}, .no_preserve = {}, .drop_undeployed = true};
  EXPECT_EQ(chosen({late, late_fix}), "- hotfixes ");
}

TEST_F(Choice, DoesNotKeepAnUndeployedFixThatWasTakenBack) {
  Candidate fix = candidate(commit('a', "hotfix: a")),
            revert = candidate(
                commit('b', "Revert \"hotfix: a\"", "This reverts commit " + id('a') + "."));
  fix.deployed = revert.deployed = false;
  EXPECT_EQ(chosen({fix, revert}), "undeployed undeployed ");
  wishes_.drop_undeployed = true;
  reverts_ = {{id('b'), {{.of = id('a')}}}};
  EXPECT_EQ(chosen({fix, revert}), "-(undone) - ");
}

TEST_F(Choice, KeepsTheCommitThatTheUserNames) {
  wishes_.preserve = {id('a')};
  EXPECT_EQ(chosen({candidate(commit('a', "feat: a")), candidate(commit('b', "feat: b"))}),
            "--preserve - ");
  EXPECT_EQ(chosen({candidate(commit('m', "Merge"), {commit('a', "feat: a")})}),
            "--preserve aaaaaaaaaa, which it merged ");
}

TEST_F(Choice, NeverTakesARollbackForTheFixesThatItLists) {
  EXPECT_EQ(chosen({candidate(rollback_of('r', ""))}), "- ");
}

TEST_F(Choice, DoesNotBringBackWhatARollbackUndid) {
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a")), candidate(commit('b', "hotfix: b")),
                    candidate(rollback_of('r', "a"))}),
            "-(undone) hotfixes - ");
}

TEST_F(Choice, CountsARollbackThatWasUndoneItselfForNothing) {
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a")), candidate(rollback_of('r', "a")),
                    candidate(rollback_of('s', "r"))}),
            "hotfixes -(undone) - ");
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a")), candidate(rollback_of('r', "a")),
                    candidate(rollback_of('s', "r")), candidate(rollback_of('t', "s"))}),
            "-(undone) - -(undone) - ");
}

TEST_F(Choice, CountsARollbackOfAnotherComponentForNothing) {
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a")), candidate(rollback_of('r', "a", "web"))}),
            "hotfixes - ");
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a")), candidate(rollback_of('r', "a", "app"))}),
            "-(undone) - ");
}

TEST_F(Choice, DoesNotBringBackWhatGitRevertTookBack) {
  const Commit revert =
      commit('r', "Revert \"hotfix: a\"", "This reverts commit " + id('a') + ".\n");
  const Commit again = commit('s', "Revert \"Revert\"");
  reverts_ = {{id('r'), {{.of = id('a')}}}};
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a")), candidate(revert), candidate(again)}),
            "-(undone) - - ");
}

TEST_F(Choice, DoesNotTakeARevertOfAFixForAFix) {
  const Commit revert = commit('r', "Revert \"fix(security): a, CVE-2024-1234\"",
                               "This reverts commit " + id('a') + ".\n");
  EXPECT_EQ(chosen({candidate(revert)}), "- ");
  const Commit fix = commit('s', "fix(security): back to the old parser",
                            "This reverts commit " + id('a') + ".\n");
  EXPECT_EQ(chosen({candidate(fix)}), "security_patches ");
}

TEST_F(Choice, KeepsAFixThatWasTakenBackInPartTogetherWithThat) {
  const Commit revert = commit('r', "Revert in b only", "This reverts commit " + id('a') + ".\n");
  reverts_ = {{id('r'), {{.of = id('a'), .whole = false}}}};
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a and b")), candidate(revert)}),
            "hotfixes it undid a part of what is kept, aaaaaaaaaa ");
  reverts_[id('r')].front().whole = true;
  EXPECT_EQ(chosen({candidate(commit('a', "hotfix: a and b")), candidate(revert)}), "-(undone) - ");
  EXPECT_EQ(candidates_[0].left_out_for, "undone before by " + id('r').substr(0, 10));
}

TEST_F(Choice, KeepsWithAMergeWhatTookBackAPartOfIt) {
  const Commit revert = commit('r', "Revert \"feat: x\"", "This reverts commit " + id('c') + ".");
  reverts_ = {{id('r'), {{.of = id('c')}}}};
  const std::vector<Candidate> both{candidate(commit('m', "Merge branch 'x'"),
                                              {commit('c', "feat: x"), commit('f', "hotfix: f")}),
                                    candidate(revert)};
  EXPECT_EQ(chosen(both), "hotfixes it undid a part of what is kept, cccccccccc ");
  wishes_.no_preserve = {id('r')};
  EXPECT_EQ(chosen(both), "hotfixes - ");
}

TEST_F(Choice, DoesNotKeepAMergeForTheRollbackThatItBrought) {
  EXPECT_EQ(chosen({candidate(commit('m', "Merge branch 'rollback/1'"), {rollback_of('r', "")})}),
            "- ");
}

TEST(Reverts, AreNamedByTheWordsOfGit) {
  const std::string words = "This reverts commit ";
  EXPECT_EQ(ids_named_by_revert(commit('r', "Revert", words + id('a') + ".")),
            std::vector<std::string>{id('a')});
  EXPECT_EQ(ids_named_by_revert(commit('r', "Revert", words + "8c1bb6c (subject, 2026-11-24).")),
            std::vector<std::string>{"8c1bb6c"});
  EXPECT_EQ(ids_named_by_revert(commit('r', "Revert", words + "42, the answer")),
            std::vector<std::string>{});
}

TEST_F(Choice, LeavesACommitOutsideOfThePathsAlone) {
  Candidate outside = candidate(commit('a', "hotfix: a"));
  outside.inside = false;
  EXPECT_EQ(chosen({outside}), "- ");
  EXPECT_FALSE(candidates_[0].goes());
}

TEST(Features, AreScopesTrailersAndMergedBranches) {
  Commit scope = commit('a', "feat(raid)!: x"), trailer = commit('b', "x");
  trailer.trailers = {{"feature", "loot"}, {"Other", "no"}};
  Commit merge = commit('c', "Merge branch 'feature/guild' into main"),
         request = commit('d', "Merge pull request #12 from ann/fix/login");
  merge.parents = request.parents = {id('0'), id('1')};
  const std::vector<Unit> units{{.commit = scope, .merged = {}},
                                {.commit = trailer, .merged = {}},
                                {.commit = merge, .merged = {commit('e', "fix(bank): y")}},
                                {.commit = request, .merged = {}},
                                {.commit = commit('f', "update (see below): no"), .merged = {}}};
  EXPECT_EQ(features_of(units),
            (std::vector<std::string>{"bank", "feature/guild", "fix/login", "loot", "raid"}));
}

}  // namespace
}  // namespace rollback::testing
