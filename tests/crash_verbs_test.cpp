// Kills the other verbs at every named place: undo, record, the hooks, and a
// rollback without binaries, whose work tree moves in the swap. What comes
// next finishes or cleans up, and nothing is left behind.
#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

constexpr int killed = 128 + 9;

class CrashOfVerbs : public ServiceFixture {
 protected:
  // The places that a whole run passes; leaves the world as it then is.
  std::vector<std::string> places_of(const std::vector<std::string>& arguments) {
    const fs::path log = scratch() / "places";
    fs::remove(log);
    EXPECT_STATUS(0, rollback(arguments, {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
    const std::string text = shell("cat '" + log.string() + "'").out;
    std::vector<std::string> places;
    for (const auto place : split(text, '\n')) places.emplace_back(place);
    EXPECT_GT(places.size(), 2U);
    return places;
  }

  // Kills an operation at every place, and ends it by `finish` in turn.
  void expect_start_or_target(const std::vector<std::string>& arguments) {
    const std::string start = world();
    save();
    const auto places = places_of(arguments);
    const std::string target = world();
    const auto at = [&](const std::string& place) {
      return std::find(places.begin(), places.end(), place) - places.begin();
    };
    const long intent = at("intend after"), published = at("publish intent after");
    for (long i = 0; i < static_cast<long>(places.size()); ++i) {
      const std::string& place = places[static_cast<size_t>(i)];
      const bool abort = i % 3 == 2;
      restore();
      ASSERT_STATUS(killed, rollback(arguments, {{"GIT_ROLLBACK_FAIL_POINT", place}})) << place;
      const Finished ended = rollback({abort ? "--abort" : "--continue"});
      EXPECT_TRUE(ended.status == 0 || ended.status == 128) << place << "\n" << ended.err;
      const bool forward = i >= intent && (!abort || i >= published);
      EXPECT_EQ(world(), forward ? target : start) << "killed at: " << place;
      expect_tidy(place);
    }
    printf("killed %zu times\n", places.size());
  }

  // Kills it at every place; the same again must then go through.
  void expect_again(const std::vector<std::string>& arguments) {
    save();
    const auto places = places_of(arguments);
    const size_t points_after = points().size();
    for (const auto& place : places) {
      restore();
      ASSERT_STATUS(killed, rollback(arguments, {{"GIT_ROLLBACK_FAIL_POINT", place}})) << place;
      EXPECT_STATUS(0, rollback({"list"})) << place;
      EXPECT_STATUS(0, rollback({"status"})) << place;
      const Finished again = rollback(arguments);
      const bool was_over = contains(again.err, "no deploy is open");
      EXPECT_TRUE(again.status == 0 || was_over) << place << "\n" << again.err;
      EXPECT_GE(points().size(), points_after) << place;
      expect_tidy(place);
    }
    printf("killed %zu times\n", places.size());
  }

  void expect_tidy(const std::string& place) {
    EXPECT_EQ(leftovers(), "") << "killed at: " << place;
    if (++tidy_ % 4 != 0) return;  // these cost more than the rest
    EXPECT_STATUS(0, rollback({"record"})) << "killed at: " << place;
    EXPECT_EQ(git({"for-each-ref", "refs/notes/wip-rollback/"}), "") << place;
    EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"})) << "killed at: " << place;
  }

 private:
  int tidy_ = 0;
};

TEST_F(CrashOfVerbs, UndoEndsAtTheTargetOrTheStart) {
  a_bad_deploy();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  expect_start_or_target({"undo", "--yes"});
}

TEST_F(CrashOfVerbs, WithoutBinariesTheWorkTreeToo) {
  a_bad_deploy();
  script("tools/smoke", "true");
  expect_start_or_target({"--component", "code,config,database", "--yes"});
}

TEST_F(CrashOfVerbs, RecordCanBeTypedAgain) {
  a_bad_deploy();
  expect_again({"record"});
}

TEST_F(CrashOfVerbs, PreDeployCanBeTypedAgain) {
  a_bad_deploy();
  expect_again({"hook", "pre-deploy"});
}

TEST_F(CrashOfVerbs, PostDeployCanBeTypedAgain) {
  begin();
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  ASSERT_STATUS(0, shell("tools/deploy 1.1 'build 1.1'"));
  expect_again({"hook", "post-deploy", "--status", "0"});
}

TEST_F(CrashOfVerbs, AFailedRollbackThatIsKilledWhileItCleansUpEndsAsAFailure) {
  a_bad_deploy();
  script("tools/smoke", "echo the raid is on; exit 1");
  const std::string start = service();
  ASSERT_STATUS(killed, rollback({"--component", "playerbot", "--yes"},
                                 {{"GIT_ROLLBACK_FAIL_POINT", "back after"}}));
  const Finished said = rollback({"--continue"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "the smoke test failed")) << said.err;
  EXPECT_TRUE(contains(said.err, "all was put back as it was")) << said.err;
  EXPECT_EQ(service(), start);
  ASSERT_EQ(events("rollback").size(), 1U);
  EXPECT_EQ(events("rollback")[0].at("outcome"), "reverted");
  EXPECT_TRUE(contains(events("rollback")[0].at("problem"), "the smoke test failed"));
  EXPECT_NE(git({"for-each-ref", "refs/heads/rollback/"}), "");
  EXPECT_EQ(leftovers(), "");
}

}  // namespace
}  // namespace rollback::testing
