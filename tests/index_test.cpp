#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

class Index : public ServiceFixture {
 protected:
  // Everything the index holds, in an order that does not depend on how it came.
  std::string content() {
    const Finished dump = shell(
        "sqlite3 .git/rollback/index.db"
        " 'SELECT environment, id, at, depth, commit_id, parent, version, tag_id, message"
        "    FROM points ORDER BY environment, id;"
        "  SELECT * FROM events ORDER BY at, id, commit_id;"
        "  SELECT * FROM live ORDER BY environment, seq; SELECT * FROM chains ORDER BY 1;"
        "  SELECT events FROM source'");
    EXPECT_STATUS(0, dump);
    return dump.out;
  }

  // Brought up to date, it must be what it would be when built anew.
  void expect_as_built_anew(const std::string& after) {
    EXPECT_STATUS(0, rollback({"list"}));
    const std::string grown = content();
    shell("rm .git/rollback/index.db");
    EXPECT_STATUS(0, rollback({"list"}));
    EXPECT_EQ(grown, content()) << "after " << after;
  }

  // How many git processes a reading verb starts.
  long processes(const std::vector<std::string>& verb) {
    const fs::path trace = scratch() / "trace";
    fs::remove(trace);
    EXPECT_STATUS(0, rollback(verb, {{"GIT_TRACE2_EVENT", trace.string()}}));
    const std::string counted = shell("grep -c '\"event\":\"start\"' " + trace.string()).out;
    return std::stol(counted);
  }

  void wait_for_the_file_systems_clock() { shell("sleep 0.2"); }
};

TEST_F(Index, IsAfterEachChangeWhatItWouldBeBuiltAnew) {
  begin();
  expect_as_built_anew("init");
  deploy_good();
  expect_as_built_anew("a deploy");
  ASSERT_STATUS(0, rollback({"record", "--version", "7.1"}));
  ASSERT_STATUS(0, rollback({"record", "--version", "7.2"}));
  expect_as_built_anew("two points of one second");
  ASSERT_STATUS(0, rollback({"mark", point(), "stable"}));
  expect_as_built_anew("a mark");
  deploy_bad();
  ASSERT_STATUS(0, rollback({"--target", "previous", "--yes"}));
  expect_as_built_anew("a rollback");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  expect_as_built_anew("an undo");
  ASSERT_STATUS(0, rollback({"list"}, {{"GIT_CONFIG_COUNT", "1"},
                                       {"GIT_CONFIG_KEY_0", "rollback.environment"},
                                       {"GIT_CONFIG_VALUE_0", "staging/eu"}}));
  ASSERT_STATUS(0, rollback({"init"}, {{"GIT_CONFIG_COUNT", "1"},
                                       {"GIT_CONFIG_KEY_0", "rollback.environment"},
                                       {"GIT_CONFIG_VALUE_0", "staging/eu"}}));
  expect_as_built_anew("another environment");
}

TEST_F(Index, FollowsRefsThatAreMovedOrDeletedByHand) {
  begin();
  deploy_good();
  ASSERT_STATUS(0, rollback({"mark", point(), "stable"}));
  ASSERT_STATUS(0, rollback({"list"}));
  git({"update-ref", "-d", "refs/rollback/production/points/" + point(1)});
  expect_as_built_anew("a point was deleted");
  git({"update-ref", "refs/notes/rollback", "refs/notes/rollback~1"});
  expect_as_built_anew("the events went back");
  git({"update-ref", "refs/rollback/production/live", "refs/rollback/production/live~1"});
  expect_as_built_anew("the chain went back");
  git({"update-ref", "-d", "refs/notes/rollback"});
  expect_as_built_anew("the events were deleted");
  git({"pack-refs", "--all"});
  expect_as_built_anew("the refs were packed");
  git({"update-ref", "-d", "refs/rollback/production/live"});
  expect_as_built_anew("the chain was deleted");
}

TEST_F(Index, FollowsNotesIntoTheFoldersThatGitMakesOfThem) {
  begin();
  ASSERT_STATUS(0, rollback({"list"}));
  const std::string head = git({"rev-parse", "HEAD"});
  std::string stream = "commit refs/notes/rollback\ncommitter A <a@b> 1 +0000\ndata 1\nx\n";
  for (unsigned i = 0; i < 600; ++i) {
    char commit[41];
    snprintf(commit, sizeof commit, "%08x%032x", i * 2654435761U, i);
    const std::string note = R"({"at":"2026-01-01T00:00:00.000Z","id":")" + std::to_string(i) +
                             R"(","environment":"production","deploy":"","event":"x"})" + "\n";
    const std::string name(commit);
    stream +=
        "M 100644 inline " + name + "\ndata " + std::to_string(note.size()) + "\n" + note + "\n";
  }
  write("stream", stream);
  ASSERT_STATUS(0, shell("git fast-import --quiet < stream && rm stream"));
  ASSERT_STATUS(0, rollback({"mark", point(), "stable"}));  // by git, which makes folders
  EXPECT_NE(git({"ls-tree", "-d", "refs/notes/rollback"}), "");
  expect_as_built_anew("the notes moved into folders");
  EXPECT_EQ(events("x").size(), 600U);
  EXPECT_EQ(events("verdict").size(), 1U);
}

TEST_F(Index, SeesAChangeWithinOneTickOfTheFileSystemsClock) {
  begin();
  for (int i = 0; i < 20; ++i) {
    ASSERT_STATUS(0, rollback({"mark", point(), i % 2 == 0 ? "stable" : "failed"}));
    EXPECT_EQ(points().at(0).at("verdict"), i % 2 == 0 ? "stable" : "failed");
  }
}

TEST_F(Index, LetsAReadingVerbDoWithTwoGitProcesses) {
  begin();
  deploy_good();
  wait_for_the_file_systems_clock();
  ASSERT_STATUS(0, rollback({"list"}));
  EXPECT_LE(processes({"list"}), 2);
  EXPECT_LE(processes({"list", "--json"}), 2);
  EXPECT_LE(processes({"show", point()}), 2);
  EXPECT_LE(processes({"status"}), 2);
  commit("src/late.cpp", "not deployed\n");
  wait_for_the_file_systems_clock();
  ASSERT_STATUS(0, rollback({"status"}));
  EXPECT_LE(processes({"status"}), 2);
}

}  // namespace
}  // namespace rollback::testing
