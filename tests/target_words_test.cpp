// Every target word of DESIGN §4, through the program itself.
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

// Three points: `first_` and `before_good_` hold the first commit, and
// `before_bad_`, the parent of what is live, holds the deploy that was good.
class TargetWords : public ServiceFixture {
 protected:
  void SetUp() override {
    a_bad_deploy();
    before_bad_ = live().at("parent");
    before_good_ = parent_of(before_bad_);
    first_ = parent_of(before_good_);
  }

  std::string parent_of(const std::string& id) { return recorded(id).at("parent"); }
  std::string commit_of(const std::string& id) { return recorded(id).at("git_hash"); }

  Finished target(const std::string& word) {
    return rollback({"--dry-run", "--json", "--target", word});
  }

  // The point that a word means; or what the program said instead.
  std::string meaning(const std::string& word) {
    const Finished finished = target(word);
    const json object = json::parse(finished.out, nullptr, false);
    if (finished.status != 0 || !object.is_object()) return finished.out + finished.err;
    return object.contains("already_live") ? "already live" : object.value("recommended_point", "");
  }

  ::testing::AssertionResult refused(int status, const std::string& word,
                                     const std::string& saying) {
    const Finished finished = target(word);
    if (finished.status == status && finished.out.empty() && contains(finished.err, saying)) {
      return ::testing::AssertionSuccess();
    }
    return ended_with(-1, finished) << "\nnot " << status << " with: " << saying;
  }

  void mark(const std::string& point, const std::string& verdict) {
    ASSERT_STATUS(0, rollback({"mark", point, verdict}));
  }

  std::string record(const std::string& version) {
    const Finished said = rollback({"record", "--version", version});
    EXPECT_STATUS(0, said);
    const size_t id = said.out.rfind("recorded point ") + 15;
    return said.out.substr(id, said.out.find('\n', id) - id);
  }

  // Opens a deploy; its point.
  std::string open_deploy() {
    EXPECT_STATUS(0, rollback({"hook", "pre-deploy"}));
    return json::parse(rollback({"status", "--json"}).out).at("open_deploy");
  }

  // Writes the live chain again, as if its records had been made so many
  // seconds ago; oldest first.
  void age(const std::vector<long>& seconds_ago) {
    std::string script =
        "set -e; ref=refs/rollback/production/live; parent=; now=$(date +%s)\nset --";
    for (const long ago : seconds_ago) script += " " + std::to_string(ago);
    script += R"(
for record in $(git rev-list --first-parent --reverse $ref); do
  if [ -z "$parent" ]; then parent=$record; continue; fi
  parent=$(git cat-file commit $record | sed -E "
    0,/^parent .*/s//parent $parent/
    s/^((author|committer) .*>) [0-9]+ /\1 $((now - $1)) /" |
    git hash-object -t commit -w --stdin)
  shift
done
git update-ref $ref $parent)";
    ASSERT_STATUS(0, shell(script));
  }

  std::string before_bad_, before_good_, first_;
};

TEST_F(TargetWords, LastStableIsTheNearestStablePoint) {
  EXPECT_EQ(meaning("last_stable"), before_bad_);
}

TEST_F(TargetWords, LastStableIsMeantWhenNothingIsSaid) {
  EXPECT_EQ(plan({}).at("recommended_point"), before_bad_);
}

TEST_F(TargetWords, TheRecommendedTargetIsTheCommitOfThePoint) {
  EXPECT_EQ(plan({}).at("recommended_target"), git({"rev-parse", "HEAD~1"}));
}

TEST_F(TargetWords, LastStableWalksThePaperTrailPastPointsThatAreNot) {
  mark(before_bad_, "failed");
  mark(first_, "stable");
  EXPECT_EQ(meaning("last_stable"), first_);
}

TEST_F(TargetWords, LastStablePassesOverAPointThatCannotBeRestoredHere) {
  mark(before_good_, "stable");
  ASSERT_STATUS(0, shell("rm -r releases/1.1"));
  EXPECT_EQ(meaning("last_stable"), before_good_);
}

TEST_F(TargetWords, LastStableCountsOnlyThePartsThatAreSelected) {
  mark(before_good_, "stable");
  ASSERT_STATUS(0, shell("rm -r releases/1.1"));
  EXPECT_EQ(plan({"--component", "playerbot/code"}).at("recommended_point"), before_bad_);
}

TEST_F(TargetWords, WithoutAStablePointItSaysWhichCameClosestAndWhy) {
  mark(before_bad_, "failed");
  EXPECT_TRUE(refused(1, "last_stable", before_bad_ + " is failed (marked by a person)"));
}

TEST_F(TargetWords, WithoutAPointThatCanBeRestoredItSaysWhatIsMissing) {
  ASSERT_STATUS(0, shell("rm -r releases/1.1"));
  EXPECT_TRUE(refused(1, "last_stable", before_bad_ + " is stable, but"));
  EXPECT_TRUE(refused(1, "last_stable", "release '1.1'"));
}

TEST_F(TargetWords, AMarkByAPersonMakesAFailedDeployStable) {
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "2.1", "build 2.1"}));
  const std::string holds_the_bad_one = live().at("parent");
  EXPECT_EQ(meaning("last_stable"), before_bad_);
  mark(holds_the_bad_one, "stable");
  EXPECT_EQ(meaning("last_stable"), holds_the_bad_one);
}

TEST_F(TargetWords, TheLastMarkOfAPointCounts) {
  mark(before_bad_, "failed");
  mark(before_bad_, "stable");
  EXPECT_EQ(meaning("last_stable"), before_bad_);
}

TEST_F(TargetWords, PreviousIsLivesParentHoweverItFared) {
  mark(before_bad_, "failed");
  EXPECT_EQ(meaning("previous"), before_bad_);
}

TEST_F(TargetWords, WhileADeployIsOpenItsPointIsPreviousAndTheNearest) {
  const std::string opened = open_deploy();
  EXPECT_EQ(meaning("previous"), opened);
  mark(opened, "stable");
  EXPECT_EQ(meaning("last_stable"), opened);
}

TEST_F(TargetWords, AnIdIsThatPointThoughOtherIdsBeginWithIt) {
  ASSERT_STATUS(0, shell("git-rollback record; git-rollback record; git-rollback record"));
  for (const auto& point : points()) EXPECT_EQ(meaning(point.at("point")), point.at("point"));
}

TEST_F(TargetWords, AUniquePrefixOfAnIdIsThatPoint) {
  EXPECT_EQ(meaning(before_bad_.substr(0, before_bad_.size() - 1)), before_bad_);
}

TEST_F(TargetWords, AnAmbiguousPrefixIsRefusedWithThePointsThatBeginWithIt) {
  for (const auto& id : {before_bad_, before_good_, first_}) {
    EXPECT_TRUE(refused(1, first_.substr(0, 4), id));
  }
}

TEST_F(TargetWords, TheTagOfAPointIsThatPoint) {
  for (const auto& id : {before_bad_, before_good_, first_}) {
    EXPECT_EQ(meaning("rollback/production/" + id), id);
  }
}

TEST_F(TargetWords, TheTagMayBeWrittenInEveryFormThatGitTakes) {
  for (const std::string form : {"refs/tags/", "tags/"}) {
    for (const auto& id : {before_good_, first_}) {  // two points of one commit
      EXPECT_EQ(meaning(form + "rollback/production/" + id), id);
    }
  }
}

TEST_F(TargetWords, TheRefBehindATagIsThatPointToo) {
  for (const auto& id : {before_good_, first_}) {
    EXPECT_EQ(meaning("refs/rollback/production/points/" + id), id);
  }
}

TEST_F(TargetWords, ATagOfAnotherEnvironmentIsRefusedByName) {
  EXPECT_TRUE(refused(1, "rollback/staging/" + first_, "'staging'"));
}

TEST_F(TargetWords, AVersionGivenToRecordIsThatPoint) {
  const std::string named = record("1.2.3");
  record("1.2.4");
  EXPECT_EQ(meaning("1.2.3"), named);
}

TEST_F(TargetWords, AVersionOfTwoPointsIsTheNewerOne) {
  record("1.2.3");
  const std::string newer = record("1.2.3");
  EXPECT_EQ(meaning("1.2.3"), newer);
}

TEST_F(TargetWords, AVersionIsWhatGitDescribeSaysWhereNoneWasGiven) {
  git({"tag", "v2.0"});
  const std::string id = record("");
  EXPECT_EQ(recorded(id).at("version"), "v2.0");
}

TEST_F(TargetWords, ACommitIsTheNewestPointThatHoldsIt) {
  EXPECT_EQ(meaning(commit_of(first_)), before_good_);
}

TEST_F(TargetWords, ABranchIsTheNewestPointThatHoldsItsCommit) {
  git({"branch", "good", "HEAD~1"});
  EXPECT_EQ(meaning("good"), before_bad_);
}

TEST_F(TargetWords, AnAncestorIsTheNewestPointThatHoldsIt) {
  EXPECT_EQ(meaning("HEAD~1"), before_bad_);
  EXPECT_EQ(meaning("main~2"), before_good_);
}

TEST_F(TargetWords, ACommitThatNoPointHoldsIsRefused) {
  EXPECT_TRUE(refused(1, "HEAD", git({"rev-parse", "HEAD"}).substr(0, 10)));
}

TEST_F(TargetWords, ATimeIsWhatWasLiveThen) {
  for (const auto& [words, seconds] : std::map<std::string, long>{{"last hour", 3600},
                                                                  {"last day", 86400},
                                                                  {"last week", 7 * 86400},
                                                                  {"2 hours ago", 7200},
                                                                  {"90 minutes ago", 5400},
                                                                  {"1 week ago", 7 * 86400}}) {
    age({seconds + 120, seconds + 60, 0});
    EXPECT_EQ(meaning(words), before_bad_) << words;
    age({seconds + 120, seconds + 60, seconds + 30});
    EXPECT_EQ(meaning(words), "already live") << words;
    age({seconds - 30, seconds - 60, 0});
    EXPECT_TRUE(refused(1, words, "nothing is known to have been live")) << words;
  }
}

TEST_F(TargetWords, ADateAndTimeIsWhatWasLiveThen) {
  age({7200, 3600, 0});
  const std::string then = shell("date -u -d '30 minutes ago' '+%Y-%m-%d %H:%M'").out;
  EXPECT_EQ(meaning(then.substr(0, 16)), before_bad_);
}

TEST_F(TargetWords, ADateAndTimeIsLocalTime) {
  age({7200, 3600, 0});
  const Variables there{{"TZ", "EST5"}};
  const std::string then = shell("date -d '30 minutes ago' '+%Y-%m-%d %H:%M'", there).out;
  const Finished found = rollback({"--dry-run", "--json", "--target", then.substr(0, 16)}, there);
  EXPECT_EQ(json::parse(found.out, nullptr, false).value("recommended_point", ""), before_bad_);
}

TEST_F(TargetWords, ATimeOfWhichNoPointIsLeftIsRefused) {
  age({7200, 3600, 0});  // the point of what was live then is younger than the record after it
  EXPECT_TRUE(refused(1, "90 minutes ago", commit_of(first_).substr(0, 10)));
}

TEST_F(TargetWords, ATimeBeforeTheRecordIsRefusedWithItsStart) {
  const std::string start =
      shell(
          "date -u -d \"@$(git log --first-parent --format=%ct refs/rollback/production/live |"
          " tail -2 | head -1)\" +%Y-%m-%dT%H:%M:%SZ")
          .out;
  EXPECT_TRUE(refused(1, "2001-01-01 10:00", start.substr(0, 20)));
}

TEST_F(TargetWords, WhatIsLiveStillIsAlreadyLive) {
  const Finished said = rollback({"--yes", "--target", "0 seconds ago"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "already live"));
}

TEST_F(TargetWords, WhileADeployIsOpenWhatIsLiveStillIsItsPoint) {
  const std::string opened = open_deploy();
  EXPECT_EQ(meaning("0 seconds ago"), opened);
}

TEST_F(TargetWords, ATimeThatIsNotPastIsAUsageError) {
  EXPECT_TRUE(refused(129, "2099-01-01 10:00", "not in the past"));
}

TEST_F(TargetWords, WhatIsNoTargetWordIsAUsageError) {
  for (const std::string word :
       {"garbage", "", "now", "tomorrow", "last fortnight", "two hours ago", "2 hours",
        "-2 hours ago", "2026-13-45 10:00", "2026-11-23 25:00", "2026-11-23 10:00 garbage",
        "no/such/branch"}) {
    EXPECT_TRUE(refused(129, word, "'" + word + "'")) << word;
  }
}

TEST_F(TargetWords, AWordThatWouldStirATerminalIsShownHarmless) {
  const Finished said = target("\x1b[31mred");
  EXPECT_FALSE(contains(said.err, "\x1b"));
}

TEST_F(TargetWords, ABranchNamedLikeAWordTakesNothingFromIt) {
  for (const auto& word : {std::string("last_stable"), std::string("previous"), first_})
    git({"branch", word, "HEAD"});
  EXPECT_EQ(meaning("last_stable"), before_bad_);
  EXPECT_EQ(meaning("previous"), before_bad_);
  EXPECT_EQ(meaning(first_), first_);
}

TEST_F(TargetWords, APrefixGoesBeforeAVersion) {
  const std::string prefix = before_bad_.substr(0, before_bad_.size() - 1);
  record(prefix);
  EXPECT_EQ(meaning(prefix), before_bad_);
}

TEST_F(TargetWords, ATagGoesBeforeAVersion) {
  record("3.0");
  git({"tag", "3.0", "HEAD~1"});
  EXPECT_EQ(meaning("3.0"), before_bad_);
}

TEST_F(TargetWords, AVersionGoesBeforeABranch) {
  const std::string id = record("3.0");
  git({"branch", "3.0", "HEAD~1"});
  EXPECT_EQ(meaning("3.0"), id);
}

TEST_F(TargetWords, WithoutLiveThereIsNoPreviousButAPointCanBeNamed) {
  git({"update-ref", "-d", "refs/rollback/production/live"});
  EXPECT_TRUE(refused(1, "previous", "nothing was live before"));
  EXPECT_EQ(meaning(before_bad_), before_bad_);
}

TEST_F(TargetWords, ATagThatWasMovedIsFoundOut) {
  const std::string ref = "refs/rollback/production/points/";
  git({"update-ref", ref + before_bad_, ref + first_});
  EXPECT_TRUE(refused(128, before_bad_, "moved"));
}

}  // namespace
}  // namespace rollback::testing
