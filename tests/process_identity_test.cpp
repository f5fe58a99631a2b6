// Which process is which, although their numbers come again.
#include "os/process_identity.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rollback {
namespace {

TEST(ProcessIdentity, OfThisProcessRuns) {
  EXPECT_TRUE(is_running(process_identity(getpid())));
  EXPECT_EQ(process_identity(getpid()), process_identity(getpid()));
}

TEST(ProcessIdentity, OfAnEndedProcessDoesNotRunEvenBeforeItsParentKnows) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const std::string identity = process_identity(child);
  EXPECT_TRUE(is_running(identity));
  kill(child, SIGKILL);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_FALSE(is_running(identity));
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(is_running(identity));
  EXPECT_EQ(process_identity(child), "");
}

TEST(ProcessIdentity, OfAnotherProcessWithTheSameNumberIsAnotherOne) {
  std::string identity = process_identity(getpid());
  const size_t blank = identity.find(' ');
  EXPECT_FALSE(is_running(identity.substr(0, blank) + " 1" + identity.substr(blank + 1)));
  EXPECT_FALSE(is_running(identity.substr(0, identity.rfind(' ')) + " another-boot"));
  EXPECT_FALSE(is_running(""));
  EXPECT_FALSE(is_running("-1 2 3"));
}

}  // namespace
}  // namespace rollback
