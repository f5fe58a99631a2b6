// Exchanging the record with a remote: what comes, what goes, what is left
// alone, and that nothing is lost on the way.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "store/git.h"
#include "store/names.h"
#include "sync_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class Sync : public SyncFixture {
 protected:
  void SetUp() override { begin_with_remote(); }

  // What the verb that prunes leaves: no refs, and an event.
  void prune(const std::string& id) {
    const std::string line =
        R"({"at":"2026-11-24T00:00:00.000Z","id":"00000000000000aa","environment":"production",)"
        R"("deploy":"","event":"pruned","point":")" +
        id + R"("})";
    git({"notes", "--ref=refs/notes/rollback", "append", "-m", line, "HEAD"});
    git({"update-ref", "-d", point_ref(id)});
    git({"update-ref", "-d", tag_ref(id)});
  }
};

// --- what is exchanged --------------------------------------------------------

TEST_F(Sync, AFreshCloneGetsEverythingThatIsRecorded) {
  synced("world");
  clone("laptop");
  synced("laptop");
  EXPECT_EQ(record("laptop"), record("world"));
  EXPECT_EQ(record("laptop"), record("remote.git"));
  EXPECT_FALSE(events_in("world").empty());
  EXPECT_EQ(events_in("laptop"), events_in("world"));
  const auto listed = json::parse(in("laptop", "git-rollback list --json").out);
  EXPECT_EQ(listed.at("rollback_points"), points());
}

TEST_F(Sync, ASecondTimeDoesNothing) {
  synced("world");
  const std::string before = refs("world", "") + refs("remote.git", "");
  const Finished again = sync("world");
  EXPECT_STATUS(0, again);
  EXPECT_TRUE(contains(again.out, "already up to date")) << again.out;
  EXPECT_EQ(refs("world", "") + refs("remote.git", ""), before);
}

TEST_F(Sync, MergesTheEventsOfTwoClonesBothWays) {
  synced("world");
  clone("laptop");
  synced("laptop");
  ASSERT_STATUS(0, rollback({"mark", point(), "stable"}));
  ASSERT_STATUS(0, in("laptop", "git-rollback mark " + point(1) + " failed"));
  std::set<std::string> all = events_in("world");
  all.merge(events_in("laptop"));
  synced("laptop");
  synced("world");
  synced("laptop");
  EXPECT_EQ(events_in("world"), all);
  EXPECT_EQ(events_in("laptop"), all);
  EXPECT_EQ(events_in("remote.git"), all);
}

TEST_F(Sync, MergesHistoriesOfEventsThatHaveNothingInCommon) {
  clone("laptop");
  ASSERT_STATUS(0, in("laptop", "git notes --ref=refs/notes/rollback add -m '{\"mine\":1}' HEAD"));
  std::set<std::string> all = events_in("world");
  all.insert(R"({"mine":1})");
  synced("world");
  synced("laptop");
  synced("world");
  EXPECT_EQ(events_in("world"), all);
  EXPECT_EQ(events_in("laptop"), all);
}

TEST_F(Sync, KeepsEventsThatSomebodyRemovedFromTheRemote) {
  synced("world");
  const auto all = events_in("world");
  ASSERT_STATUS(0, in("remote.git",
                      "git -c user.name=x -c user.email=x@y notes --ref=refs/notes/rollback remove"
                      " $(git notes --ref=refs/notes/rollback list | cut -d ' ' -f 2)"));
  ASSERT_TRUE(events_in("remote.git").empty());
  synced("world");
  EXPECT_EQ(events_in("world"), all);
  EXPECT_EQ(events_in("remote.git"), all);
}

TEST_F(Sync, LosesNoEventWhereFourClonesWriteAndPushAtOnce) {
  synced("world");
  const std::string script = R"(
    for clone in one two three four; do
      (cd ../$clone && for round in 1 2 3 4 5; do
         git-rollback mark "$POINT" stable --reason "$clone $round" && git-rollback sync || exit 1
       done) > ../$clone.log 2>&1 || touch ../$clone.failed &
    done
    wait
    ls ../*.failed 2> /dev/null && cat ../*.log
    true)";
  for (const char* name : {"one", "two", "three", "four"}) {
    clone(name);
    synced(name);
  }
  const size_t before = events_in("world").size();
  const Finished ran = shell(script, {{"POINT", point()}});
  EXPECT_EQ(ran.out, "");
  for (const char* name : {"world", "one", "two", "three", "four"}) {
    synced(name);
    EXPECT_EQ(events_in(name).size(), before + 20) << name;
    EXPECT_EQ(events_in(name), events_in("remote.git")) << name;
  }
}

TEST_F(Sync, TwoAtOnceInOneCloneFollowEachOther) {
  const Finished both = shell(
      "git-rollback sync > ../1.log 2>&1 & one=$!;"
      " git-rollback sync > ../2.log 2>&1 & two=$!;"
      " wait $one || cat ../1.log; wait $two || cat ../2.log");
  EXPECT_EQ(both.out, "");
  EXPECT_EQ(record("remote.git"), record("world"));
}

TEST_F(Sync, NeverSendsNorFetchesConfigFilesAndWhereABranchStood) {
  deploy_bad();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  ASSERT_NE(refs("world", "refs/rollback/production/config"), "");
  ASSERT_NE(refs("world", "refs/rollback/production/before"), "");
  synced("world");
  EXPECT_EQ(refs("remote.git", "refs/rollback/production/config"), "");
  EXPECT_EQ(refs("remote.git", "refs/rollback/production/before"), "");
  EXPECT_EQ(record("remote.git"), record("world"));

  git({"push", "-q", "origin", "refs/rollback/*:refs/rollback/*"});  // somebody did
  clone("laptop");
  synced("laptop");
  const std::string got = refs("laptop", "");
  EXPECT_FALSE(contains(got, "/config")) << got;
  EXPECT_FALSE(contains(got, "/before/")) << got;
}

TEST_F(Sync, LeavesNotesOfOtherPeopleAloneOnBothSides) {
  const std::string theirs = "refs/notes/rollback-theirs refs/notes/remotes";
  git({"update-ref", "refs/notes/remotes/origin/rollback-mine", "HEAD"});
  git({"update-ref", "refs/notes/remotes/origin/rollback", "HEAD"});
  ASSERT_STATUS(0, in("remote.git", "git update-ref refs/notes/rollback-theirs HEAD"));
  const std::string before = refs("world", theirs);
  synced("world");
  EXPECT_EQ(refs("world", theirs), before);
  EXPECT_FALSE(contains(refs("world", ""), "rollback-theirs"));
  EXPECT_TRUE(contains(refs("world", ""), "refs/rollback-remote-notes/origin/rollback\n"));
}

TEST_F(Sync, ForgetsTheEventsThatTheRemoteHasNoMoreAndSendsThemAgain) {
  synced("world");
  const std::string tracked = "refs/rollback-remote-notes";
  const std::string before = refs("world", tracked);
  const auto all = events_in("world");
  ASSERT_NE(before, "");
  ASSERT_STATUS(0, in("remote.git", "git update-ref -d refs/notes/rollback"));
  synced("world", "--dry-run");
  EXPECT_EQ(refs("world", tracked), "");
  EXPECT_EQ(events_in("world"), all);
  synced("world");
  EXPECT_EQ(refs("world", tracked), before);
  EXPECT_EQ(events_in("remote.git"), all);
}

TEST_F(Sync, TakesPointsFromTheTagsThatAPlainCloneBrings) {
  git({"push", "-q", "--tags", "origin"});
  clone("laptop");
  ASSERT_EQ(refs("laptop", "refs/rollback"), "");
  const Finished said = sync("laptop");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "taken 2 points from the tags")) << said.out;
  EXPECT_EQ(refs("laptop", "refs/rollback/production/points"),
            refs("world", "refs/rollback/production/points"));
  EXPECT_EQ(refs("remote.git", "refs/rollback/production/points"),
            refs("world", "refs/rollback/production/points"));
}

TEST_F(Sync, PutsTagsBackThatPruneTagsDeleted) {
  const std::string tags = refs("world", "refs/tags");
  git({"fetch", "-q", "--prune", "--prune-tags"});
  ASSERT_EQ(refs("world", "refs/tags"), "");
  const Finished said = sync("world");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "put back 2 deleted tags")) << said.out;
  EXPECT_EQ(refs("world", "refs/tags"), tags);
  EXPECT_EQ(refs("remote.git", "refs/tags"), tags);
}

TEST_F(Sync, MakesAndSendsNoTagsWhereNoneAreWanted) {
  git({"config", "rollback.tags", "false"});
  ASSERT_STATUS(0, shell("git tag | xargs git tag -d"));
  synced("world");
  EXPECT_EQ(refs("world", "refs/tags"), "");
  EXPECT_EQ(refs("remote.git", "refs/tags"), "");
  EXPECT_NE(refs("remote.git", point_ref(point())), "");
}

TEST_F(Sync, PointsThatWerePrunedDoNotReturn) {
  synced("world");
  clone("laptop");
  synced("laptop");
  const std::string pruned = point(1), kept = point();
  prune(pruned);
  ASSERT_STATUS(0, in("remote.git", "git update-ref -d " + point_ref(pruned)));
  synced("world");  // the tag is at the remote still
  EXPECT_EQ(refs("world", point_ref(pruned) + " " + tag_ref(pruned)), "");
  ASSERT_STATUS(0, in("remote.git", "git update-ref -d " + tag_ref(pruned)));
  synced("laptop");  // which has both
  EXPECT_EQ(refs("remote.git", point_ref(pruned) + " " + tag_ref(pruned)), "");
  ASSERT_STATUS(0, in("laptop", "git push -q origin " + tag_ref(pruned)));
  git({"fetch", "-q", "--tags"});
  synced("world");
  EXPECT_EQ(refs("world", point_ref(pruned)), "");
  EXPECT_NE(refs("world", point_ref(kept)), "");
}

// --- live -----------------------------------------------------------------------

TEST_F(Sync, BringsALiveChainForwardOnEitherSide) {
  synced("world");
  clone("laptop");
  synced("laptop");
  deploy_bad();
  synced("world");
  synced("laptop");
  EXPECT_EQ(record("laptop"), record("world"));
  ASSERT_STATUS(1, in("laptop", "git-rollback trust --yes && git-rollback deploy -- false"));
  synced("laptop");
  synced("world");
  EXPECT_EQ(record("laptop"), record("world"));
}

TEST_F(Sync, OverwritesNoLiveChainThatWentTwoWays) {
  synced("world");
  clone("laptop");
  synced("laptop");
  ASSERT_STATUS(1, in("laptop", "git-rollback trust --yes && git-rollback deploy -- false"));
  synced("laptop");
  ASSERT_STATUS(0, shell("sleep 1.1"));  // two points of one second and commit have one id
  deploy_bad();
  const std::string theirs = refs("remote.git", "refs/rollback/production/live");
  const std::string ours = refs("world", "refs/rollback/production/live");
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(
      contains(said.err, "the live chain of 'production' went on both here and at 'origin'"))
      << said.err;
  EXPECT_TRUE(contains(said.err, "git config rollback.environment production/<host>")) << said.err;
  EXPECT_EQ(refs("remote.git", "refs/rollback/production/live"), theirs);
  EXPECT_EQ(refs("world", "refs/rollback/production/live"), ours);
  EXPECT_EQ(refs("world", "refs/rollback/production/points"),
            refs("remote.git", "refs/rollback/production/points"));
  EXPECT_EQ(events_in("world"), events_in("remote.git"));
}

TEST_F(Sync, DoesNotMoveLiveWhileADeployIsOpenHere) {
  synced("world");
  clone("laptop");
  synced("laptop");
  ASSERT_STATUS(1, in("laptop", "git-rollback trust --yes && git-rollback deploy -- false"));
  synced("laptop");
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  const std::string live = refs("world", "refs/rollback/production/live");
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "is open")) << said.err;
  EXPECT_EQ(refs("world", "refs/rollback/production/live"), live);
  EXPECT_EQ(events_in("world"), events_in("remote.git"));
}

TEST_F(Sync, TakesNoLiveChainThatIsNone) {
  git({"push", "-q", "origin", "main:refs/rollback/staging/live"});
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "no record of what was live")) << said.err;
  EXPECT_EQ(refs("world", "refs/rollback/staging"), "");
}

// --- what is left alone -----------------------------------------------------------

TEST_F(Sync, ExchangesPointsWhereATagCalledRollbackIsInTheirTagsWay) {
  synced("world");
  clone("laptop");
  ASSERT_STATUS(0, in("laptop", "git tag | xargs git tag -d && git tag rollback"));
  const Finished said = sync("laptop");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "the points show no tags")) << said.err;
  EXPECT_EQ(refs("laptop", "refs/rollback"), refs("remote.git", "refs/rollback"));
  EXPECT_EQ(events_in("laptop"), events_in("world"));
}

TEST_F(Sync, ReceivesButSendsNothingWhenToldSo) {
  const std::string before = refs("remote.git", "");
  synced("world", "--no-push");
  EXPECT_EQ(refs("remote.git", ""), before);
}

TEST_F(Sync, ADryRunChangesTrackingRefsAlone) {
  synced("world");
  clone("laptop");
  ASSERT_STATUS(0, in("laptop",
                      "git tag | xargs git tag -d &&"
                      " git notes --ref=refs/notes/rollback add -m '{\"mine\":1}' HEAD"));
  const std::string theirs = refs("remote.git", "");
  const Finished said = sync("laptop", "--dry-run");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "would have received 2 points, ")) << said.out;
  EXPECT_TRUE(contains(said.out, "would have sent 1 event to origin")) << said.out;
  EXPECT_EQ(refs("laptop", "refs/rollback refs/tags"), "");
  EXPECT_EQ(events_in("laptop"), std::set<std::string>{R"({"mine":1})"});
  EXPECT_EQ(refs("remote.git", ""), theirs);
}

TEST_F(Sync, TellsProgramsWhatItDid) {
  const json said = json::parse(sync("world", "--json").out);
  EXPECT_EQ(said.at("format"), 1);
  EXPECT_EQ(said.at("remote"), "origin");
  EXPECT_EQ(said.at("complete"), true);
  EXPECT_EQ(said.at("sent").at("points").size(), 2);
  EXPECT_EQ(said.at("sent").at("events"), events_in("world").size());
  EXPECT_EQ(said.at("sent").at("live"), json::array({"production"}));
  EXPECT_EQ(said.at("received").at("points"), json::array());
}

}  // namespace
}  // namespace rollback::testing
