// A conflict that a person resolves on a server to which pushes are deployed.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "push_to_deploy_fixture.h"

namespace rollback::testing {
namespace {

using ConflictOnAServer = PushToDeployFixture;

TEST_F(ConflictOnAServer, IsResolvedThereAndRefusesPushesMeanwhile) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  write("src/app", "3 secured\n");
  git({"commit", "-q", "-am", "fix(security): close the hole"});
  ASSERT_STATUS(0, push());
  const auto points = nlohmann::json::parse(on_server("list --json").out).at("rollback_points");
  const std::string oldest = points.back().at("point");
  const Finished stopped = on_server("--yes --component app/code --target " + oldest);
  EXPECT_STATUS(1, stopped);
  EXPECT_TRUE(contains(stopped.err, "to be resolved: src/app")) << stopped.err;
  EXPECT_EQ(at("src/app"), "3 secured\n");
  EXPECT_EQ(differing(), "");

  const std::string before = branch();
  change("4");
  const Finished refused = push();
  EXPECT_NE(refused.status, 0);
  EXPECT_TRUE(contains(refused.err, "waits for you to resolve a conflict")) << refused.err;
  EXPECT_EQ(branch(), before);

  const std::string folder = server_status().at("in_flight").at("conflict").at("folder");
  ASSERT_STATUS(0, shell("cd '" + folder + "' && echo '1 secured' > src/app && git add src/app"));
  ASSERT_STATUS(0, on_server("--continue"));
  EXPECT_EQ(at("src/app"), "1 secured\n");
  EXPECT_EQ(differing(), "");
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_FALSE(fs::exists(server() / "worktrees"));
}

}  // namespace
}  // namespace rollback::testing
