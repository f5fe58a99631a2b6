// Pushes that somebody overtakes between git's move of the branch and the
// checkout.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/file.h"
#include "push_to_deploy_fixture.h"

namespace rollback::testing {
namespace {

// A push that sleeps between git's move of the branch and `post-receive`.
class PushOvertaken : public PushToDeployFixture {
 protected:
  void push_and_sleep() {
    const std::string hook = (server() / "hooks/reference-transaction").string();
    write_file(hook,
               "#!/bin/sh\n[ \"$1\" = committed ] && grep refs/heads/main >/dev/null || exit 0\n"
               "rm armed 2>/dev/null || exit 0\n"
               "touch asleep; for i in $(seq 1500); do [ ! -e wake ] || break; sleep 0.02; done\n");
    ASSERT_STATUS(0, shell("chmod +x '" + hook +
                           "'; touch ../app.git/armed;"
                           " git push origin main > ../said 2>&1 & true"));
    ASSERT_TRUE(soon([&] { return fs::exists(server() / "asleep"); }));
    ASSERT_EQ(branch(), head());
  }
  // What the pusher was told.
  std::string wake() {
    write_file(server() / "wake", "");
    const auto said = [&] { return read_file_if_there(scratch() / "said").value_or(""); };
    EXPECT_TRUE(soon([&] { return contains(said(), "main -> main"); })) << said();
    return said();
  }
  void expect_nothing_deployed(const std::string& said) {
    EXPECT_TRUE(contains(said, "the deploy was ended by somebody else before its checkout"))
        << said;
    EXPECT_FALSE(contains(said, "checking out")) << said;
    EXPECT_FALSE(contains(said, "building")) << said;
    EXPECT_FALSE(fs::exists(deployed() / "src/more"));
    EXPECT_EQ(differing(), "");
    EXPECT_TRUE(server_status().at("push").is_null());
    EXPECT_TRUE(server_status().at("open_deploy").is_null());
  }
};

TEST_F(PushOvertaken, IsNotCheckedOutOverARollbackThatCameBefore) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  commit("src/more", "3\n");
  change("3");
  push_and_sleep();
  ASSERT_STATUS(0, on_server("--yes --target previous"));
  const std::string rolled_back = branch();
  ASSERT_NE(rolled_back, head());
  expect_nothing_deployed(wake());
  EXPECT_EQ(at("src/app") + at("current/server"), "2\n2\n");
  EXPECT_EQ(branch(), rolled_back);
  EXPECT_EQ(server_status().at("live").at("git_hash"), rolled_back);
}

TEST_F(PushOvertaken, IsNotCheckedOutWhereTheBranchWasMovedByHand) {
  begin_deployed();
  const std::string before = head();
  commit("src/more", "2\n");
  change("2");
  push_and_sleep();
  server_git("update-ref refs/heads/main " + before);
  expect_nothing_deployed(wake());
  EXPECT_EQ(at("src/app") + at("current/server"), "1\n1\n");
  EXPECT_STATUS(0, push());
  EXPECT_EQ(at("src/app") + at("src/more"), "2\n2\n");
}

TEST_F(PushOvertaken, IsDeployedWhereItWasOnlySlow) {
  begin_deployed();
  change("2");
  push_and_sleep();
  EXPECT_TRUE(server_status().at("push").at("running"));
  const std::string said = wake();
  EXPECT_TRUE(contains(said, "is live, and passed its smoke test")) << said;
  EXPECT_EQ(at("src/app") + at("current/server"), "2\n2\n");
}

}  // namespace
}  // namespace rollback::testing
