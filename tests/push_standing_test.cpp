// Pushes that the `update` hook let through and that git refused after all.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/file.h"
#include "push_to_deploy_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class PushNotTaken : public PushToDeployFixture {
 protected:
  // What is deployed is at "1" and "2" when the push of "3" is refused.
  void begin_refused() {
    begin_deployed();
    change("2");
    ASSERT_STATUS(0, push());
    refuse("3");
  }
  // git runs `update` for the branch, which records; then for a ref of which a
  // push takes nothing away. Of an atomic push it then takes neither.
  void refuse(const std::string& version) {
    const std::string before = branch();
    const size_t points = points_there();
    change(version);
    const Finished said = shell("git push --atomic origin main :refs/rollback/production/live");
    ASSERT_NE(said.status, 0);
    ASSERT_TRUE(contains(said.err, "recorded point")) << said.err;
    ASSERT_TRUE(contains(said.err, "belongs to the record")) << said.err;
    ASSERT_EQ(branch(), before);
    ASSERT_EQ(points_there(), points + 1);
  }
  // The one check about the journal.
  json journal_check() {
    const json object = json::parse(on_server("doctor --json").out);
    for (const auto& check : object.at("checks")) {
      if (check.at("about") == "journal") return check;
    }
    ADD_FAILURE() << "nothing is said about the journal: " << object.dump(1);
    return {{"level", ""}, {"what", ""}, {"mend", ""}};
  }
};

TEST_F(PushNotTaken, IsSaidByStatusAndLeavesNoDeployOpen) {
  begin_refused();
  const json status = server_status();
  EXPECT_EQ(status.at("push").at("git_hash"), head());
  EXPECT_FALSE(status.at("push").at("taken"));
  EXPECT_FALSE(status.at("push").at("running"));
  EXPECT_TRUE(status.at("open_deploy").is_null());
  EXPECT_EQ(status.at("live").at("git_hash"), branch());
  const std::string text = on_server("status").out;
  EXPECT_TRUE(contains(text, "was not taken by git, and nothing of it was deployed")) << text;
  EXPECT_FALSE(contains(text, "cut short")) << text;
}

TEST_F(PushNotTaken, IsNamedByDoctorUntilACommandForgetsIt) {
  begin_refused();
  const json check = journal_check();
  EXPECT_EQ(check.at("level"), "warning");
  EXPECT_TRUE(contains(check.at("what"), "the push of " + head().substr(0, 10) + " was not taken"))
      << check;
  EXPECT_STATUS(0, on_server("record"));
  EXPECT_EQ(journal_check().at("level"), "ok") << journal_check();
  EXPECT_TRUE(server_status().at("push").is_null());
}

TEST_F(PushNotTaken, ARollbackGoesBackToWhatWasBeforeTheDeployThatIsLive) {
  begin_refused();
  EXPECT_STATUS(0, on_server("--target previous --dry-run"));
  const Finished said = on_server("--yes --target previous");
  EXPECT_STATUS(0, said);
  EXPECT_EQ(at("src/app") + at("current/server"), "1\n1\n") << said.err;
  EXPECT_TRUE(server_status().at("push").is_null());
  EXPECT_EQ(differing(), "");
}

TEST_F(PushNotTaken, DoesNotKeepARollbackFromBeingUndone) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  ASSERT_STATUS(0, on_server("--yes --target previous"));
  ASSERT_STATUS(0, shell("git fetch -q origin && git merge -q -s ours -m merge origin/main"));
  refuse("3");
  EXPECT_STATUS(0, on_server("undo --yes"));
  EXPECT_EQ(at("src/app") + at("current/server"), "2\n2\n");
}

TEST_F(PushNotTaken, DoesNotKeepTheRecordFromBeingTakenAway) {
  begin_refused();
  EXPECT_STATUS(0, on_server("init --uninstall --yes"));
  EXPECT_EQ(server_git("for-each-ref refs/rollback"), "");
}

TEST_F(PushNotTaken, IsDeployedWhenItIsPushedAgain) {
  begin_refused();
  const Finished said = push();
  EXPECT_STATUS(0, said);
  EXPECT_FALSE(contains(said.err, "cut short")) << said.err;
  EXPECT_EQ(at("src/app") + at("current/server"), "3\n3\n");
  EXPECT_TRUE(server_status().at("push").is_null());
  EXPECT_TRUE(server_status().at("open_deploy").is_null());
}

TEST_F(PushNotTaken, LeavesTheOneBeforeItOpenThatWasCutShort) {
  begin_deployed();
  commit("src/more", "2\n");
  change("2");
  push_in_own_group({{"GIT_ROLLBACK_FAIL_POINT", "push checkout after"}});
  const std::string cut_short = head();
  ASSERT_EQ(branch(), cut_short);
  refuse("3");
  EXPECT_EQ(server_status().at("push").at("git_hash"), cut_short);
  EXPECT_TRUE(contains(on_server("status").out, "was cut short before its deploy ended"));
  EXPECT_STATUS(0, on_server("--yes --target previous"));
  EXPECT_EQ(at("src/app"), "1\n");
  EXPECT_FALSE(fs::exists(deployed() / "src/more"));
  EXPECT_EQ(differing(), "");
}

TEST_F(PushNotTaken, IsTheFirstOneOfAllAndLeavesNothingBehind) {
  prepare();
  ASSERT_STATUS(0, shell("git push origin main:topic"));
  const std::string hook = (server() / "hooks/reference-transaction").string();
  write_file(hook, "#!/bin/sh\n[ \"$1\" != prepared ] || ! grep refs/heads/main >/dev/null\n");
  ASSERT_STATUS(0, shell("chmod +x '" + hook + "'"));
  ASSERT_NE(push().status, 0);
  EXPECT_FALSE(server_status().at("push").at("taken"));
  fs::remove(hook);
  EXPECT_STATUS(0, push());
  EXPECT_EQ(server_status().at("live").at("git_hash"), head());
  EXPECT_TRUE(server_status().at("push").is_null());
}

TEST_F(PushNotTaken, ACheckoutThatWasCutShortIsNamedByDoctor) {
  begin_deployed();
  change("2");
  push_in_own_group({{"GIT_ROLLBACK_FAIL_POINT", "push checkout after"}});
  const json check = journal_check();
  EXPECT_EQ(check.at("level"), "warning");
  EXPECT_TRUE(contains(check.at("what"), "the push of " + head().substr(0, 10) +
                                             " was cut short before its deploy ended"))
      << check;
  EXPECT_TRUE(contains(check.at("mend"), "push again")) << check;
  change("3");
  EXPECT_STATUS(0, push());
  EXPECT_EQ(journal_check().at("level"), "ok") << journal_check();
}

}  // namespace
}  // namespace rollback::testing
