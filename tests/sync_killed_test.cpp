// Kills a sync at every named place and inside git's own ref transactions, then
// syncs again: both sides agree, nothing is lost, and nothing lies about.
#include <boost/filesystem/operations.hpp>

#include "store/git.h"
#include "sync_fixture.h"

namespace rollback::testing {
namespace {

constexpr int killed = 128 + 9;

class SyncKilled : public SyncFixture {
 protected:
  // World and laptop have an event each that the other lacks, and world a point.
  void SetUp() override {
    begin_with_remote();
    synced("world");
    clone("laptop");
    synced("laptop");
    ASSERT_STATUS(0, in("laptop", "git-rollback mark " + point() + " failed"));
    synced("laptop");
    ASSERT_STATUS(0, in("laptop", "git tag | xargs git tag -d"));  // to be put back
    deploy_bad();
    synced("world");
    ASSERT_STATUS(0, in("laptop", "git-rollback mark " + point(1) + " stable"));
    all_ = events_in("world");
    all_.merge(events_in("laptop"));
    ASSERT_STATUS(0, in("laptop",
                        "cp -a ../laptop ../laptop.saved &&"
                        " cp -a ../remote.git ../remote.saved"));
  }
  void again() {
    ASSERT_STATUS(0, in("world",
                        "rm -rf ../laptop ../remote.git && cp -a ../laptop.saved ../laptop"
                        " && cp -a ../remote.saved ../remote.git"));
  }
  Finished sync_in_laptop(const Variables& set) {
    return in("laptop", "exec setsid --wait git-rollback sync", set);
  }

  void expect_healed(const std::string& place) {
    const Finished resumed = sync("laptop");
    EXPECT_STATUS(0, resumed) << place;
    EXPECT_EQ(events_in("laptop"), all_) << place;
    EXPECT_EQ(events_in("remote.git"), all_) << place;
    EXPECT_EQ(record("laptop"), record("remote.git")) << place;
    EXPECT_EQ(record("laptop"), record("world")) << place;
    EXPECT_EQ(in("laptop",
                 "find .git -name '*.lock'; ls .git/rollback/syncing 2> /dev/null;"
                 " git for-each-ref refs/notes/wip-rollback")
                  .out,
              "")
        << place;
    EXPECT_STATUS(0, in("laptop", "git fsck --no-dangling 2>&1")) << place;
  }

  std::set<std::string> all_;
};

TEST_F(SyncKilled, AtAnyNamedPlaceIsHealedByTheNext) {
  const std::string log = (scratch() / "places").string();
  ASSERT_STATUS(0, sync_in_laptop({{"GIT_ROLLBACK_FAIL_POINT_LOG", log}}));
  const std::string places = shell("cat '" + log + "'").out;
  ASSERT_TRUE(contains(places, "sync taken in")) << places;
  int kills = 0;
  for (const auto view : split(places, '\n')) {
    const std::string place(view);
    again();
    ASSERT_STATUS(killed, sync_in_laptop({{"GIT_ROLLBACK_FAIL_POINT", place}})) << place;
    expect_healed(place);
    ++kills;
  }
  printf("killed %d times at named places\n", kills);
  EXPECT_GE(kills, 7);
}

// While locks are held, and when some refs have moved: tracking refs, drafts, and
// those of the record.
TEST_F(SyncKilled, InsideAnyRefTransactionOfGitIsHealedByTheNext) {
  const std::string hook =
      "#!/bin/sh\n[ \"$1\" = \"$KILL_STATE\" ] || exit 0\n"
      "echo >> \"$KILL_COUNT\"\n"
      "[ \"$(wc -l < \"$KILL_COUNT\")\" -ne \"$KILL_AT\" ] || kill -9 0\n";
  int kills = 0;
  for (const std::string state : {"prepared", "committed"}) {
    for (int at = 1; at < 40; ++at) {
      again();
      const std::string path = (scratch() / "laptop/.git/hooks/reference-transaction").string();
      ASSERT_STATUS(
          0, shell("printf %s \"$HOOK\" > " + path + " && chmod +x " + path, {{"HOOK", hook}}));
      const std::string count = (scratch() / ("count-" + state + std::to_string(at))).string();
      const Finished ran = sync_in_laptop(
          {{"KILL_STATE", state}, {"KILL_AT", std::to_string(at)}, {"KILL_COUNT", count}});
      fs::remove(path);
      if (ran.status == 0) break;  // there was no such transaction any more
      ASSERT_STATUS(killed, ran);
      ++kills;
      expect_healed(state + " " + std::to_string(at));
    }
  }
  printf("killed %d times inside git\n", kills);
  EXPECT_GT(kills, 10);
}

}  // namespace
}  // namespace rollback::testing
