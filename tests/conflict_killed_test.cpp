// Kills a rollback that stops at a conflict, and one that goes on from it, at
// every named place: what a person resolved is never lost, and the way on or
// back ends at exactly the target or the start.
#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

constexpr int killed = 128 + 9;
const std::vector<std::string> stopping{"--component", "playerbot", "--yes"};

class ConflictKilled : public ServiceFixture {
 protected:
  void SetUp() override {
    a_bad_deploy();
    commit("src/playerbot.cpp", "version 2 fixed\n");
    start_ = world();
    refs_ = git({"for-each-ref"});
  }

  // The named places that this passes, in order.
  std::vector<std::string> places_of(const std::vector<std::string>& arguments, int status) {
    const fs::path log = scratch() / "places";
    fs::remove(log);
    EXPECT_STATUS(status, rollback(arguments, {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
    const std::string text = shell("cat '" + log.string() + "'").out;
    std::vector<std::string> places;
    for (const auto place : split(text, '\n')) places.emplace_back(place);
    return places;
  }

  std::string state() {
    const json row = json::parse(rollback({"status", "--json"}).out).at("in_flight");
    return row.is_null() ? "" : row.at("state").get<std::string>();
  }

  void resolve() {
    const json row = json::parse(rollback({"status", "--json"}).out).at("in_flight");
    const std::string folder = row.at("conflict").at("folder");
    ASSERT_STATUS(0, shell("cd '" + folder +
                           "' && echo 'version 1.1 fixed' > src/playerbot.cpp"
                           " && git add src/playerbot.cpp"));
  }

  void kill_at(const std::string& place, const std::vector<std::string>& arguments) {
    restore();
    ASSERT_STATUS(killed, rollback(arguments, {{"GIT_ROLLBACK_FAIL_POINT", place}})) << place;
  }

  void expect_nothing_is_left(const std::string& place) {
    EXPECT_EQ(leftovers(), "") << place;
    EXPECT_FALSE(fs::exists(top() / ".git/rollback/conflicts")) << place;
    EXPECT_FALSE(fs::exists(top() / ".git/worktrees")) << place;
    EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"})) << place;
  }

  void expect_start(const std::string& place) {
    EXPECT_EQ(world(), start_) << place;
    EXPECT_EQ(git({"for-each-ref"}), refs_) << place;
    expect_nothing_is_left(place);
    EXPECT_STATUS(0, rollback({"record"})) << place;
  }

  std::string start_, refs_;
};

TEST_F(ConflictKilled, WhileItIsLaidOutLeavesNothingOrAllOfIt) {
  save();
  const auto places = places_of(stopping, 1);
  EXPECT_GT(places.size(), 5U);
  for (const auto& place : places) {
    kill_at(place, stopping);
    if (place == "conflicted") {
      EXPECT_EQ(state(), "conflicted");
      resolve();
      EXPECT_STATUS(0, rollback({"--continue"}));
      EXPECT_EQ(read("src/playerbot.cpp"), "version 1.1 fixed\n");
      expect_nothing_is_left(place);
      continue;
    }
    EXPECT_STATUS(128, rollback({"--continue"})) << place;
    expect_start(place);
  }
  printf("killed %zu times while laid out\n", places.size());
}

// git itself is killed by a filter of its own, while it makes the work tree and
// while it merges there.
TEST_F(ConflictKilled, InsideOfGitIsCleanedUpAfter) {
  save();
  const std::string count = (scratch() / "count").string();
  int kills = 0;
  for (int at = 1; at < 20; ++at) {
    restore();
    fs::remove(count);
    write(".git/deadly", "#!/bin/sh\n[ -d '" + (top() / ".git/rollback/conflicts").string() +
                             "' ] || exec cat\necho >> '" + count + "'\n[ $(wc -l < '" + count +
                             "') -ne " + std::to_string(at) + " ] || kill -9 0\nexec cat\n");
    git({"config", "filter.deadly.smudge", "sh '" + (top() / ".git/deadly").string() + "'"});
    write(".git/info/attributes", "src/*.cpp filter=deadly\n");
    const Finished run = rollback(stopping);
    git({"config", "--remove-section", "filter.deadly"});
    fs::remove(top() / ".git/info/attributes");
    if (run.status != killed) break;
    ++kills;
    EXPECT_STATUS(128, rollback({"--continue"})) << at;
    expect_start("filter " + std::to_string(at));
  }
  printf("killed %d times inside git\n", kills);
  EXPECT_GE(kills, 2);
}

TEST_F(ConflictKilled, WhileItGoesOnLosesNothingOfWhatWasResolved) {
  ASSERT_STATUS(1, rollback(stopping));
  resolve();
  save();
  const auto places = places_of({"--continue"}, 0);
  const std::string target = world();
  const auto intent = std::find(places.begin(), places.end(), "intend after");
  ASSERT_NE(intent, places.end());
  for (auto place = places.begin(); place != intent + 1; ++place) {
    kill_at(*place, {"--continue"});
    const std::string then = state();
    EXPECT_EQ(then, place == intent ? "intended" : "conflicted") << *place;
    EXPECT_STATUS(0, rollback({"--continue"})) << *place;
    EXPECT_EQ(world(), target) << *place;
    expect_nothing_is_left(*place);

    kill_at(*place, {"--continue"});
    EXPECT_STATUS(0, rollback({"--abort"})) << *place;
    EXPECT_EQ(world(), start_) << *place;
    expect_nothing_is_left(*place);
  }
  printf("killed %ld times while it went on, continued and aborted\n", intent - places.begin() + 1);
}

TEST_F(ConflictKilled, WhileTheNextOneIsLaidOutKeepsTheFirst) {
  commit("src/raid.cpp", "raids, fixed\n");
  ASSERT_STATUS(1, rollback(stopping));
  resolve();
  save();
  const auto places = places_of({"--continue"}, 1);
  EXPECT_GT(places.size(), 3U);
  for (const auto& place : places) {
    kill_at(place, {"--continue"});
    EXPECT_EQ(state(), "conflicted");
    EXPECT_STATUS(1, rollback({"--continue"})) << place;
    const json conflict =
        json::parse(rollback({"status", "--json"}).out).at("in_flight").at("conflict");
    EXPECT_EQ(conflict.at("unresolved"), json({"src/raid.cpp"})) << place;
    const std::string folder = conflict.at("folder");
    ASSERT_STATUS(0, shell("cd '" + folder + "' && echo kept > src/raid.cpp && git add src"));
    EXPECT_STATUS(0, rollback({"--continue"})) << place;
    EXPECT_EQ(read("src/playerbot.cpp") + read("src/raid.cpp"), "version 1.1 fixed\nkept\n");
    expect_nothing_is_left(place);
  }
}

TEST_F(ConflictKilled, WhileItIsForgottenIsForgottenAgain) {
  ASSERT_STATUS(1, rollback(stopping));
  save();
  for (const auto& place : places_of({"--abort"}, 0)) {
    kill_at(place, {"--abort"});
    EXPECT_STATUS(0, rollback({"--abort"})) << place;
    expect_start(place);
  }
}

}  // namespace
}  // namespace rollback::testing
