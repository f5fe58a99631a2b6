// The completion, in a real bash with git's own completion beside it: words are
// typed, and what bash would offer is looked at.
#include <boost/filesystem/operations.hpp>

#include "bash_fixture.h"

namespace rollback::testing {
namespace {

class Completion : public BashFixture {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    if (!has_gits_completion()) GTEST_SKIP() << no_completion;
    begin();
    deploy_good();
    ASSERT_STATUS(0, rollback({"record", "--version", "1.2.3"}));
  }

  std::set<std::string> ids() {
    return lines_of(
        git({"for-each-ref", "--format=%(refname:lstrip=4)", "refs/rollback/production/points/"}));
  }
  static bool has(const std::set<std::string>& words, const std::string& word) {
    return words.count(word) == 1;
  }
};

using Set = std::set<std::string>;

TEST_F(Completion, OffersTheVerbs) {
  const Set verbs = offered("git rollback ");
  for (const std::string verb : {"init", "list", "show", "status", "mark", "undo", "deploy"}) {
    EXPECT_TRUE(has(verbs, verb)) << verb;
  }
  EXPECT_FALSE(has(verbs, "report"));  // not built yet
  EXPECT_EQ(offered("git rollback un"), Set{"undo"});
}

TEST_F(Completion, OffersExactlyTheOptionsOfEachVerb) {
  EXPECT_EQ(offered("git rollback mark --"), Set{"--reason="});
  EXPECT_EQ(offered("git rollback trust --"), (Set{"--yes", "--system"}));
  EXPECT_EQ(offered("git rollback hook post-deploy --"), (Set{"--status=", "--commit="}));
  EXPECT_EQ(offered("git rollback list --c"), (Set{"--color"}));
  EXPECT_EQ(offered("git rollback --ta"), Set{"--target="});
  EXPECT_TRUE(has(offered("git rollback --target previous --"), "--dry-run"));
}

TEST_F(Completion, OffersTargets) {
  Set expected = ids();
  for (const std::string word : {"last_stable", "previous", "1.2.3", "main", "last\\ hour",
                                 "last\\ day", "last\\ week", "2\\ hours\\ ago"}) {
    expected.insert(word);
  }
  for (const auto& id : ids()) expected.insert("rollback/production/" + id);
  EXPECT_EQ(offered("git rollback --target="), expected);
  EXPECT_EQ(offered("git rollback --target "), expected);
  EXPECT_EQ(offered("git rollback --yes --target=last_"), Set{"last_stable"});
  EXPECT_EQ(offered("git rollback --target 1."), Set{"1.2.3"});
}

TEST_F(Completion, OffersTimesInAnOpenQuoteAsTheyAre) {
  EXPECT_TRUE(has(offered("git rollback --target 'la"), "last hour"));
}

TEST_F(Completion, OffersPointsToTheVerbsThatTakeThem) {
  Set expected = ids();
  expected.insert("1.2.3");
  EXPECT_EQ(offered("git rollback show "), expected);
  EXPECT_EQ(offered("git rollback mark "), expected);
  EXPECT_EQ(offered("git rollback mark --reason tested "), expected);
  EXPECT_EQ(offered("git rollback mark 1.2.3 "), (Set{"stable", "failed"}));
}

TEST_F(Completion, OffersTheNewestOfVeryManyPointsAndOthersOnceTheyAreBegun) {
  ASSERT_STATUS(0,
                shell("tag=$(git rev-parse refs/rollback/production/points/" + point(2) +
                      ") && for i in $(seq 1000 2359); do"
                      " echo create refs/rollback/production/points/20200101T00${i}Z-aaaaaaa $tag;"
                      " done | git update-ref --stdin"));
  const Set newest = offered("git rollback show ");
  EXPECT_EQ(newest.size(), 501);  // and a version
  EXPECT_FALSE(has(newest, "20200101T001000Z-aaaaaaa"));
  EXPECT_EQ(offered("git rollback show 20200101T001000"), Set{"20200101T001000Z-aaaaaaa"});
}

TEST_F(Completion, OffersComponentsAndParts) {
  EXPECT_EQ(offered("git rollback --component="),
            (Set{"playerbot", "code", "database", "config", "binaries", "playerbot/code",
                 "playerbot/database", "playerbot/config", "playerbot/binaries"}));
  EXPECT_EQ(offered("git rollback --component code,playerbot/d"), Set{"code,playerbot/database"});
  EXPECT_EQ(offered("git rollback record --components=playerbot/b"), Set{"playerbot/binaries"});
}

TEST_F(Completion, OffersWhatMayBeKept) {
  const Set kept = offered("git rollback --preserve=");
  for (const std::string word : {"none", "hotfixes", "security_patches", "main"}) {
    EXPECT_TRUE(has(kept, word)) << word;
  }
  EXPECT_EQ(offered("git rollback --preserve none,sec"), Set{"none,security_patches"});
  EXPECT_EQ(offered("git rollback --preserve hotfixes,ma"), Set{"hotfixes,main"});
  EXPECT_EQ(offered("git rollback --no-preserve=HEAD,ma"), Set{"HEAD,main"});
  EXPECT_FALSE(has(offered("git rollback --no-preserve="), "hotfixes"));
}

TEST_F(Completion, OffersTheValuesOfOptions) {
  EXPECT_EQ(offered("git rollback --rows="), (Set{"auto", "restore", "keep_new", "keep_all"}));
  EXPECT_EQ(offered("git rollback undo --accept-data-loss "),
            (Set{"none", "minimal", "significant"}));
  EXPECT_EQ(offered("git rollback list --color="), (Set{"always", "never", "auto"}));
  EXPECT_EQ(offered("git rollback status --porcelain="), Set{"v1"});
  EXPECT_EQ(offered("git rollback list --porcelain "), Set{});
  EXPECT_TRUE(has(offered("git rollback hook post-deploy --commit "), "main"));
}

TEST_F(Completion, OffersOnlyValuesThatTheProgramTakes) {
  for (const auto& rows : offered("git rollback --rows=")) {
    EXPECT_STATUS(0, rollback({"--dry-run", "--target", "previous", "--rows", rows}));
  }
  for (const auto& loss : offered("git rollback --accept-data-loss=")) {
    EXPECT_STATUS(0, rollback({"--dry-run", "--target", "previous", "--accept-data-loss", loss}));
  }
  for (const auto& conflicts : offered("git rollback --conflicts=")) {
    EXPECT_STATUS(0, rollback({"--dry-run", "--target", "previous", "--conflicts", conflicts}));
  }
  for (const auto& component : offered("git rollback --component=")) {
    EXPECT_STATUS(0, rollback({"--dry-run", "--target", "previous", "--component", component}));
  }
  for (const auto& target : offered("git rollback --target=")) {
    if (contains(target, "\\ ")) continue;  // nothing was live a week ago
    EXPECT_NE(rollback({"--dry-run", "--target", target}).status, 129) << target;
  }
}

TEST_F(Completion, LeavesTheCommandOfADeployAlone) {
  EXPECT_EQ(offered("git rollback deploy -- ma"), Set{});
}

TEST_F(Completion, WorksForTheCommandWithADash) {
  const std::string alone = ". " GIT_ROLLBACK_COMPLETION "\n";  // brings git's own along
  EXPECT_EQ(offered("git-rollback un", alone), Set{"undo"});
  EXPECT_EQ(offered("git-rollback mark 1.2.3 ", alone), (Set{"stable", "failed"}));
}

TEST_F(Completion, KnowsTheRepositoryThatGitIsTold) {
  ASSERT_STATUS(0, shell("git init -q ../empty"));
  EXPECT_EQ(offered("git -C ../empty rollback show "), Set{});
  EXPECT_FALSE(offered("git -C . rollback show ").empty());
}

TEST_F(Completion, IsSilentOutsideOfARepository) {
  EXPECT_EQ(offered("git -C / rollback show "), Set{});
  EXPECT_EQ(offered("git -C / rollback un"), Set{"undo"});
}

TEST_F(Completion, IsLoadedByBashCompletionItself) {
  constexpr const char* framework = "/usr/share/bash-completion/bash_completion";
  if (!fs::exists(framework)) GTEST_SKIP() << "bash-completion is not installed";
  const std::string load = "XDG_DATA_DIRS=" GIT_ROLLBACK_SHARE ":/usr/share\n. " +
                           std::string(framework) + "\n_completion_loader git\n";
  EXPECT_EQ(offered("git rollback un", load), Set{"undo"});
}

}  // namespace
}  // namespace rollback::testing
