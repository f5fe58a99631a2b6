#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "os/lock.h"
#include "os/lock_holder.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

constexpr int killed = 128 + 9;

class Quit : public ServiceFixture {
 protected:
  void SetUp() override { a_bad_deploy(); }

  void kill_at(const std::string& place) {
    ASSERT_STATUS(killed, rollback({"--component", "playerbot", "--yes"},
                                   {{"GIT_ROLLBACK_FAIL_POINT", place}}));
  }
};

TEST_F(Quit, ForgetsAnOperationThatWasKilledBeforeItsIntent) {
  const std::string before = world();
  for (const std::string place : {"preparing", "intend before"}) {
    kill_at(place);
    const Finished said = rollback({"--quit"});
    ASSERT_STATUS(0, said);
    EXPECT_TRUE(said.out.starts_with("forgot operation 20")) << said.out;
    EXPECT_EQ(world(), before);
    EXPECT_EQ(leftovers(), "");
    EXPECT_STATUS(128, rollback({"--quit"}));
  }
}

TEST_F(Quit, StatusSaysOfItThatItEndedAndAbortTakesItBack) {
  const std::string before = world();
  for (const std::string place : {"preparing", "intend before"}) {
    kill_at(place);
    const Finished status = rollback({"status"});
    EXPECT_TRUE(contains(status.out, "ended before it changed anything\n")) << status.out;
    EXPECT_FALSE(contains(status.out, "in flight")) << status.out;
    EXPECT_TRUE(contains(status.err, "git rollback --abort")) << status.err;
    EXPECT_FALSE(contains(status.err, "--continue")) << status.err;
    const Finished aborted = rollback({"--abort"});
    EXPECT_STATUS(0, aborted);
    EXPECT_TRUE(contains(aborted.out, " was taken back: all is as it began")) << aborted.out;
    EXPECT_EQ(world(), before);
    EXPECT_EQ(leftovers(), "");
    EXPECT_STATUS(128, rollback({"--abort"}));
  }
  kill_at("preparing");
  EXPECT_STATUS(128, rollback({"--continue"}));
}

TEST_F(Quit, StatusSaysOfOneOfAnotherHostThatItIsNotKnown) {
  kill_at("preparing");
  write(".git/rollback/lock", "pid 4711 on another.host, rollback\n");
  const Finished status = rollback({"status"});
  EXPECT_TRUE(contains(status.out, ", whether somebody is at work on it is not known\n"))
      << status.out;
  EXPECT_FALSE(contains(status.err, "--abort")) << status.err;
  EXPECT_TRUE(contains(rollback({"status", "--json"}).out, "\"at_work\": null"));
}

TEST(LockHolder, IsWhoHoldsThisLockAndNoOther) {
  const auto folder =
      boost::filesystem::temp_directory_path() / boost::filesystem::unique_path("lock-%%%%%%%%");
  boost::filesystem::create_directory(folder);
  const FileLock other(folder / "other", "other", std::chrono::milliseconds(0));
  const std::string me = "pid " + std::to_string(getpid()) + " on " + host_name();
  EXPECT_EQ(lock_holder(folder / "other"), me);
  EXPECT_TRUE(is_lock_holder_known(folder / "other"));
  EXPECT_EQ(lock_holder(folder / "none"), "");
  EXPECT_TRUE(is_lock_holder_known(folder / "none"));
  {
    const FileLock ended(folder / "lock", "ended", std::chrono::milliseconds(0));
  }  // holds another
  EXPECT_EQ(lock_holder(folder / "lock"), "");
  boost::filesystem::remove_all(folder);
}

TEST_F(Quit, IsRefusedOnceTheIntentIsWritten) {
  kill_at("intend after");
  const Finished said = rollback({"--quit"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "has written its intent, and cannot be forgotten")) << said.err;
  EXPECT_TRUE(contains(said.err, "git rollback --continue")) << said.err;
  EXPECT_TRUE(contains(said.err, "git rollback --abort")) << said.err;
  EXPECT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(back(), "code database config binaries ");
}

TEST_F(Quit, WithNothingInProgressSaysSo) {
  expect_refusal({"--quit"}, "no rollback is in progress", 128);
  expect_refusal({"--quit", "--yes"}, "--continue, --abort and --quit stand alone", 129);
}

}  // namespace
}  // namespace rollback::testing
