// Pushes whose deploy fails: what the pusher reads, and the way back that it names.
#include <nlohmann/json.hpp>

#include "push_to_deploy_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;
using PushThatFails = PushToDeployFixture;

TEST_F(PushThatFails, ABuildThatFailsIsToldAndRecorded) {
  begin_deployed();
  change("unbuildable");
  const Finished said = push();
  EXPECT_TRUE(contains(said.err, "remote: no rule to make it")) << said.err;
  EXPECT_TRUE(contains(said.err,
                       "remote: error: the push was taken, but its deploy failed:"
                       " 'tools/build' exited with 3"))
      << said.err;
  EXPECT_TRUE(contains(said.err, "rollback")) << said.err;
  const json live = server_status().at("live");
  EXPECT_EQ(live.at("git_hash"), head());
  EXPECT_EQ(live.at("verdict"), "failed");
}

TEST_F(PushThatFails, ASmokeTestThatFailsIsTold) {
  begin_deployed();
  change("broken");
  const Finished said = push();
  EXPECT_TRUE(contains(said.err, "its deploy failed: the smoke test failed")) << said.err;
  EXPECT_TRUE(contains(said.err, "hint: to go back: git --git-dir=" + server().string()))
      << said.err;
  EXPECT_EQ(server_status().at("live").at("verdict"), "failed");
}

TEST_F(PushThatFails, TheWayBackThatIsToldIsOneThatIsThere) {
  begin_deployed();
  const std::string way = "to go back: git --git-dir=" + server().string() + " rollback";
  change("unbuildable");
  const Finished none_is_stable = push();
  EXPECT_TRUE(contains(none_is_stable.err, way + " --target previous")) << none_is_stable.err;
  EXPECT_STATUS(0, on_server("-n --target previous"));
  EXPECT_STATUS(1, on_server("-n"));
  change("2");
  ASSERT_STATUS(0, push());
  change("unbuildable2");
  const Finished one_is = push();
  EXPECT_TRUE(contains(one_is.err, way)) << one_is.err;
  EXPECT_FALSE(contains(one_is.err, "--target")) << one_is.err;
  EXPECT_STATUS(0, on_server("-n"));
}

TEST_F(PushThatFails, AFirstBuildThatFailsBeginsNoRecord) {
  prepare();
  change("unbuildable");
  const Finished said = push();
  EXPECT_TRUE(contains(said.err, "nothing is recorded before a first deploy succeeds"));
  EXPECT_TRUE(server_status().at("live").is_null());
  change("2");
  EXPECT_STATUS(0, push());
  EXPECT_EQ(server_status().at("live").at("git_hash"), head());
}

}  // namespace
}  // namespace rollback::testing
