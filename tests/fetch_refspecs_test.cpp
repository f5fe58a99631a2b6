// What `init` adds so that a plain `git fetch` brings the record.
#include "session/fetch_refspecs.h"

#include <boost/filesystem/operations.hpp>

#include "store/names.h"
#include "sync_fixture.h"

namespace rollback::testing {
namespace {

class FetchRefspecs : public SyncFixture {
 protected:
  void SetUp() override { begin_with_remote(); }
  std::string refspecs() { return git({"config", "--get-all", "remote.origin.fetch"}); }
  std::string uninstall() {
    const fs::path back = fs::current_path();
    fs::current_path(top());
    std::string said;
    for (const auto& line : remove_fetch_refspecs(find_repository())) said += line + "\n";
    fs::current_path(back);
    return said;
  }
};

TEST_F(FetchRefspecs, AreAddedByInitOnce) {
  const std::string before = refspecs();
  const Finished said = rollback({"init"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "git fetch origin now brings refs/rollback/production/points/*"))
      << said.out;
  const std::string after = refspecs();
  EXPECT_EQ(after, before + "\n" + names::fetch_events_refspec("origin") + "\n" +
                       names::fetch_live_refspec("origin") + "\n" +
                       names::fetch_points_refspec("origin", "production"));
  EXPECT_TRUE(contains(rollback({"init"}).out, "nothing to do"));
  EXPECT_EQ(refspecs(), after);
}

TEST_F(FetchRefspecs, LetAPlainFetchSucceedWhereTheRemoteHasNothingOfIt) {
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_STATUS(0, ask_git({"fetch", "--prune"}));
  EXPECT_EQ(refs("world", "refs/rollback-remotes refs/rollback-remote-notes"), "");
}

TEST_F(FetchRefspecs, BringWhatAnotherCloneSentToTrackingRefsAlone) {
  synced("world");
  clone("laptop");
  ASSERT_STATUS(0, in("laptop", "git-rollback init && git fetch -q"));
  const std::string id = point();
  const std::string folder = "refs/rollback-remotes/origin/production/";
  EXPECT_TRUE(contains(refs("laptop", folder), folder + "points/" + id));
  EXPECT_TRUE(contains(refs("laptop", folder), folder + "live"));
  EXPECT_NE(refs("laptop", "refs/rollback-remote-notes"), "");
  EXPECT_EQ(refs("laptop", point_ref(id)), "");
}

TEST_F(FetchRefspecs, LetAPruningFetchDestroyNothingThatWasNotSent) {
  ASSERT_STATUS(0, rollback({"init"}));
  const std::string before = refs("world", "refs/rollback refs/notes");
  ASSERT_NE(before, "");
  git({"fetch", "-q", "--prune", "--prune-tags"});
  EXPECT_EQ(refs("world", "refs/rollback refs/notes"), before);
  synced("world");
  git({"fetch", "-q", "--prune"});
  synced("world");
  ASSERT_STATUS(0, in("remote.git",
                      "git for-each-ref --format='delete %(refname)' refs/rollback"
                      " refs/notes | git update-ref --stdin"));
  git({"fetch", "-q", "--prune"});
  EXPECT_EQ(refs("world", "refs/rollback refs/notes/rollback"), before);
}

TEST_F(FetchRefspecs, LetAPruningFetchDeleteNoNotesOfOtherPeople) {
  ASSERT_STATUS(0, rollback({"init"}));
  for (const std::string name : {"rollback", "rollback-mine"}) {
    git({"update-ref", "refs/notes/remotes/origin/" + name, "HEAD"});
  }
  const std::string before = refs("world", "refs/notes/remotes");
  git({"fetch", "-q", "--prune"});
  synced("world");
  git({"fetch", "-q", "--prune"});
  EXPECT_EQ(refs("world", "refs/notes/remotes"), before);
  EXPECT_NE(refs("world", "refs/rollback-remote-notes"), "");
}

TEST_F(FetchRefspecs, AreNotAddedToAMirrorNorWhereARemoteFetchesNothing) {
  git({"config", "remote.origin.fetch", "+refs/*:refs/*"});
  ASSERT_STATUS(1, rollback({"init"}));
  EXPECT_EQ(refspecs(), "+refs/*:refs/*");
  git({"config", "--unset-all", "remote.origin.fetch"});
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_STATUS(1, ask_git({"config", "--get-all", "remote.origin.fetch"}));
}

TEST_F(FetchRefspecs, AreTakenAwayAndNothingElse) {
  git({"config", "--add", "remote.origin.fetch", "+refs/notes/*:refs/notes/remotes/origin/*"});
  const std::string before = refspecs();
  ASSERT_STATUS(0, rollback({"init"}));
  synced("world");
  const std::string record = refs("world", "");
  EXPECT_TRUE(contains(uninstall(), "git fetch origin no longer brings"));
  EXPECT_EQ(refspecs(), before);
  EXPECT_EQ(refs("world", ""), record);
  EXPECT_EQ(uninstall(), "");
}

}  // namespace
}  // namespace rollback::testing
