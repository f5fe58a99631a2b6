// Which process is which, although their numbers come again.
#include "os/process_identity.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
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

TEST(WorksIn, SeesAProgramInAFolderAndBelowIt) {
  char pattern[] = "/tmp/git-rollback-test-XXXXXX";
  const std::string folder = mkdtemp(pattern), below = folder + "/below", beside = folder + "2";
  ASSERT_EQ(mkdir(below.c_str(), 0755), 0);
  ASSERT_EQ(mkdir(beside.c_str(), 0755), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(below.c_str()) == 0) execlp("sleep", "sleep", "60", nullptr);
    _exit(1);
  }
  for (int i = 0; i < 100 && !works_in("sleep", folder); ++i) usleep(20'000);
  EXPECT_TRUE(works_in("sleep", folder));
  EXPECT_TRUE(works_in("sleep", below));
  EXPECT_FALSE(works_in("sleep", beside));
  EXPECT_FALSE(works_in("slee", folder));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(works_in("sleep", folder));
  rmdir(below.c_str());
  rmdir(beside.c_str());
  rmdir(folder.c_str());
}

}  // namespace
}  // namespace rollback
