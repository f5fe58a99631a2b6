// Kills a rollback at every named place, SIGKILL to its whole process group,
// and finishes it by --continue or by --abort: always exactly the target or
// exactly the start, and nothing left that stops the next command.
#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

constexpr int killed = 128 + 9;

class Crash : public ServiceFixture {
 protected:
  // Prepares the scene, and learns from a whole run what the places and the
  // target are.
  void SetUp() override {
    a_bad_deploy();
    start_ = world();
    save();
    const fs::path log = scratch() / "places";
    ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"},
                              {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
    target_ = world();
    ASSERT_NE(start_, target_);
    const std::string places = shell("cat '" + log.string() + "'").out;
    for (const auto place : split(places, '\n')) places_.emplace_back(place);
    const auto intent = std::find(places_.begin(), places_.end(), "intend after");
    ASSERT_NE(intent, places_.end()) << "built without GIT_ROLLBACK_FAIL_POINTS?";
    intent_ = intent - places_.begin();
    begun_ = std::find(places_.begin(), places_.end(), "preparing") - places_.begin();
    published_ = std::find(places_.begin(), places_.end(), "publish refs after") - places_.begin();
    ASSERT_GT(published_, intent_);
  }

  void kill_at(const std::string& place) {
    restore();
    ASSERT_STATUS(killed, rollback({"--component", "playerbot", "--yes"},
                                   {{"GIT_ROLLBACK_FAIL_POINT", place}}))
        << place;
  }

  void expect_world(const std::string& expected, const std::string& place) {
    EXPECT_EQ(world(), expected) << "killed at: " << place;
    EXPECT_EQ(leftovers(), "") << "killed at: " << place;
    EXPECT_STATUS(0, rollback({"record"})) << "killed at: " << place;
    EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"})) << "killed at: " << place;
  }

  std::string start_, target_;
  std::vector<std::string> places_;
  long begun_ = 0, intent_ = 0, published_ = 0;
};

TEST_F(Crash, ContinueEndsAtTheTargetAndBeforeTheIntentAtTheStart) {
  for (long i = 0; i < static_cast<long>(places_.size()); ++i) {
    const std::string& place = places_[static_cast<size_t>(i)];
    kill_at(place);
    const Finished resumed = rollback({"--continue"});
    const bool over = place == "done after";
    EXPECT_STATUS(i < intent_ || over ? 128 : 0, resumed) << place;
    expect_world(i < intent_ ? start_ : target_, place);
  }
  printf("killed %zu times, continued\n", places_.size());
}

TEST_F(Crash, AbortEndsAtTheStartUntilTheRecordIsPublished) {
  for (long i = 0; i < static_cast<long>(places_.size()); ++i) {
    const std::string& place = places_[static_cast<size_t>(i)];
    kill_at(place);
    const Finished aborted = rollback({"--abort"});
    const bool can_go_back = i >= begun_ && i < published_;
    EXPECT_STATUS(can_go_back ? 0 : 128, aborted) << place;
    expect_world(i < published_ ? start_ : target_, place);
  }
  printf("killed %zu times, aborted\n", places_.size());
}

TEST_F(Crash, AnAbortThatIsKilledCanBeAbortedAgain) {
  const std::string last_swap = places_[static_cast<size_t>(
      std::find(places_.begin(), places_.end(), "verify before") - places_.begin())];
  kill_at(last_swap);
  const fs::path log = scratch() / "places-of-abort";
  ASSERT_STATUS(0, rollback({"--abort"}, {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
  const std::string places = shell("cat '" + log.string() + "'").out;
  size_t kills = 0;
  for (const auto view : split(places, '\n')) {
    const std::string place(view);
    kill_at(last_swap);
    ASSERT_STATUS(killed, rollback({"--abort"}, {{"GIT_ROLLBACK_FAIL_POINT", place}}));
    const Finished again = rollback({"--abort"});
    EXPECT_TRUE(again.status == 0 || again.status == 128) << place << "\n" << again.err;
    expect_world(start_, place);
    ++kills;
  }
  printf("killed %zu times while aborting, aborted again\n", kills);
}

// The named places stand between our steps. git's own transactions are killed
// by git's own hook, once all locks are taken and once the first ref moved.
TEST_F(Crash, AKillInsideAnyRefTransactionOfGitIsHealed) {
  const std::string hook =
      "#!/bin/sh\n[ \"$1\" = \"$KILL_STATE\" ] || exit 0\n"
      "echo >> \"$KILL_COUNT\"\n"
      "[ \"$(wc -l < \"$KILL_COUNT\")\" -ne \"$KILL_AT\" ] || kill -9 0\n";
  int kills = 0;
  for (const std::string state : {"prepared", "committed"}) {
    for (int at = 1; at < 60; ++at) {
      restore();
      write(".git/hooks/reference-transaction", hook);
      fs::permissions(top() / ".git/hooks/reference-transaction", fs::add_perms | fs::owner_exe);
      const fs::path count = scratch() / ("count-" + state + std::to_string(at));
      const Finished run = rollback(
          {"--component", "playerbot", "--yes"},
          {{"KILL_STATE", state}, {"KILL_AT", std::to_string(at)}, {"KILL_COUNT", count.string()}});
      fs::remove(top() / ".git/hooks/reference-transaction");
      if (run.status == 0) break;  // there was no such transaction any more
      ASSERT_STATUS(killed, run);
      ++kills;
      const std::string place = state + " " + std::to_string(at);
      const Finished resumed = rollback({"--continue"});
      EXPECT_TRUE(resumed.status == 0 || resumed.status == 128) << place << "\n" << resumed.err;
      expect_world(resumed.status == 0 ? target_ : start_, place);
    }
  }
  printf("killed %d times inside git\n", kills);
  EXPECT_GT(kills, 10);
}

}  // namespace
}  // namespace rollback::testing
