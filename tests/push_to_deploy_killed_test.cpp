// Pushes that are killed, that meet each other, or that meet an operation:
// nothing interleaves, and the next push goes on from whatever it finds.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/file.h"
#include "push_to_deploy_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class PushKilled : public PushToDeployFixture {
 protected:
  // Everything is as one push of this version leaves it.
  void expect_deployed(const std::string& version) {
    EXPECT_EQ(at("src/app"), version + "\n");
    EXPECT_EQ(at("current/server"), version + "\n");
    EXPECT_EQ(differing(), "");
    EXPECT_EQ(server_status().at("live").at("git_hash"), head());
    EXPECT_EQ(server_status().at("live").at("verdict"), "stable");
    EXPECT_TRUE(server_status().at("open_deploy").is_null());
    EXPECT_TRUE(server_status().at("push").is_null());
    EXPECT_EQ(shell("find ../app.git -name '*.lock' -o -name 'rollback-index-*'").out, "");
  }
  void push_in_background(const std::string& said) {
    ASSERT_STATUS(0, shell("git push origin main > ../" + said + " 2>&1 & true"));
  }
  bool was_said(const std::string& file, const std::string& text) {
    return contains(read_file_if_there(scratch() / file).value_or(""), text);
  }
};

// Where a push can be killed, and whether git has moved the branch by then.
struct Place {
  const char* name;
  bool moved;
};
void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

class PushKilledAt : public PushKilled, public ::testing::WithParamInterface<Place> {};

TEST_P(PushKilledAt, TheNextPushGoesOn) {
  begin_deployed();
  const std::string before = head();
  commit("src/more", "2\n");
  change("2");
  const Finished killed = push_in_own_group({{"GIT_ROLLBACK_FAIL_POINT", GetParam().name}});
  ASSERT_FALSE(contains(killed.err, "is live")) << killed.err;
  EXPECT_EQ(branch(), GetParam().moved ? head() : before);
  change("3");
  EXPECT_STATUS(0, push());
  expect_deployed("3");
  EXPECT_EQ(at("src/more"), "2\n");
}

TEST_P(PushKilledAt, ARollbackOnTheServerGoesBackToWhatWasLive) {
  begin_deployed();
  commit("src/more", "2\n");
  change("2");
  push_in_own_group({{"GIT_ROLLBACK_FAIL_POINT", GetParam().name}});
  const json status = server_status();
  if (!status.at("push").is_null()) {
    EXPECT_FALSE(status.at("push").at("running"));
    EXPECT_EQ(status.at("push").at("taken"), GetParam().moved);
    const std::string said = on_server("status").out;
    EXPECT_EQ(contains(said, "was cut short before its deploy ended"), GetParam().moved) << said;
  }
  EXPECT_STATUS(0, on_server("--yes --target previous"));
  EXPECT_EQ(at("src/app") + at("current/server"), "1\n1\n");
  EXPECT_FALSE(fs::exists(deployed() / "src/more"));
  EXPECT_EQ(differing(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Push, PushKilledAt,
    ::testing::Values(Place{"push recorded", false}, Place{"push accepted", false},
                      Place{"push checkout before", true}, Place{"push checkout after", true},
                      Place{"push built", true}, Place{"post-deploy published", true}),
    [](const auto& place) {
      std::string name = place.param.name;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

// A filter driver of the server's that kills the checkout at its second file.
class CheckoutKilled : public PushKilled {
 protected:
  void begin_killed() {
    begin_deployed();
    write_file(server() / "smudge", "#!/bin/sh\n[ ! -e '" + (server() / "deadly").string() +
                                        "' ] || { echo x >> '" + (server() / "deadly").string() +
                                        "'; [ $(wc -l < '" + (server() / "deadly").string() +
                                        "') -lt 2 ] || kill -9 0; }\ncat\n");
    ASSERT_STATUS(0, shell("chmod +x ../app.git/smudge; touch ../app.git/deadly"));
    server_git("config filter.deadly.smudge '" + (server() / "smudge").string() + "'");
    commit(".gitattributes", "src/* filter=deadly\n");
    for (const std::string name : {"src/a", "src/b", "src/c"}) commit(name, "2\n");
    change("2");
    push();
    ASSERT_TRUE(fs::exists(server() / "index.lock"));
    ASSERT_EQ(at("src/a"), "2\n");
    ASSERT_FALSE(fs::exists(deployed() / "src/b"));
    ASSERT_EQ(branch(), head());
    ASSERT_STATUS(0, shell("rm ../app.git/deadly"));
  }
};

TEST_F(CheckoutKilled, IsFinishedByTheNextPush) {
  begin_killed();
  change("3");
  EXPECT_STATUS(0, push());
  expect_deployed("3");
}

TEST_F(CheckoutKilled, IsTakenBackByARollback) {
  begin_killed();
  EXPECT_STATUS(0, on_server("--yes --target previous"));
  EXPECT_EQ(at("src/app"), "1\n");
  EXPECT_EQ(differing(), "");
  for (const std::string name : {"src/a", "src/b", "src/c"}) {
    EXPECT_FALSE(fs::exists(deployed() / name)) << name;
  }
}

TEST_F(CheckoutKilled, DoesNotExcuseAChangeOnTheServer) {
  begin_killed();
  write_at("src/app", "edited here\n");
  change("3");
  const Finished said = push();
  EXPECT_TRUE(contains(said.err, "would be overwritten: 'src/app'")) << said.err;
  EXPECT_EQ(at("src/app"), "edited here\n");
}

TEST_F(PushKilled, TwoAtOnceDoNotInterleave) {
  begin_deployed();
  change("waits");
  push_in_background("first");
  ASSERT_TRUE(soon([&] { return was_said("first", "building waits"); }));
  change("2");
  const Finished second = push();
  EXPECT_NE(second.status, 0);
  EXPECT_TRUE(contains(second.err, "another push, of commit")) << second.err;
  EXPECT_EQ(at("src/app"), "waits\n");
  write_at("var/go", "");
  ASSERT_TRUE(soon([&] { return was_said("first", "passed its smoke test"); }));
  ASSERT_TRUE(soon([&] { return server_status().at("push").is_null(); }));
  EXPECT_STATUS(0, push());
  expect_deployed("2");
}

TEST_F(PushKilled, AmongSixAtOnceEachIsDeployedOrRefused) {
  begin_deployed();
  ASSERT_STATUS(0, shell("for i in 1 2 3 4 5 6; do git clone -q ../app.git ../dev$i &&"
                         " (cd ../dev$i && git config user.name D && git config user.email d@e &&"
                         " echo v$i > src/app && git commit -qam v$i) || exit 1; done"));
  shell(
      "for i in 1 2 3 4 5 6; do (cd ../dev$i; git push origin HEAD:main 2> ../said$i) & done;"
      " wait");
  int deployed = 0;
  for (int i = 1; i <= 6; ++i) {
    const std::string said = read_file(scratch() / ("said" + std::to_string(i)));
    const bool live = contains(said, "passed its smoke test");
    EXPECT_NE(live, contains(said, "rejected]")) << said;
    if (live) ++deployed;
  }
  EXPECT_GE(deployed, 1);
  EXPECT_EQ(server_status().at("live").at("git_hash"), branch());
  EXPECT_EQ(at("src/app"), at("current/server"));
  EXPECT_EQ(differing(), "");
  EXPECT_EQ(points_there(), 1U + static_cast<size_t>(deployed));
}

TEST_F(PushKilled, IsRefusedWhileAnOperationIsInFlight) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  on_server("--yes --target previous", {{"GIT_ROLLBACK_FAIL_POINT", "quiesce before"}});
  change("3");
  const Finished said = push();
  EXPECT_NE(said.status, 0);
  EXPECT_TRUE(contains(said.err, "is in flight")) << said.err;
  EXPECT_TRUE(contains(said.err, "git rollback --continue")) << said.err;
  EXPECT_STATUS(0, on_server("--abort"));
  EXPECT_STATUS(0, push());
  expect_deployed("3");
}

TEST_F(PushKilled, IsRefusedWhileTheLockIsHeld) {
  begin_deployed();
  change("2");
  const std::string before = branch();
  const Finished said = shell("flock ../app.git/rollback/lock -c 'git push origin main'");
  EXPECT_NE(said.status, 0);
  EXPECT_TRUE(contains(said.err, "another process holds the lock")) << said.err;
  EXPECT_EQ(branch(), before);
}

TEST_F(PushKilled, IsNotRecordedAsLiveWhereARollbackCameBetween) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  change("waits");
  push_in_background("first");
  ASSERT_TRUE(soon([&] { return was_said("first", "building waits"); }));
  ASSERT_STATUS(0, on_server("--yes --target previous"));
  write_at("var/go", "");
  ASSERT_TRUE(soon([&] { return was_said("first", "main -> main"); }));
  EXPECT_TRUE(was_said("first", "the deploy was ended by somebody else while it ran"));
  EXPECT_EQ(at("src/app"), "2\n");
  EXPECT_EQ(server_status().at("live").at("git_hash"), branch());
}

}  // namespace
}  // namespace rollback::testing
