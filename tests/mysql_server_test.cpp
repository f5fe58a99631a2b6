#include "mysql_server.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "os/file.h"
#include "os/process.h"

namespace rollback::testing {
namespace {

using MysqlServerTest = MysqlTest;

// Or dead, and not yet buried by whose child it became.
bool is_gone(pid_t pid) {
  for (int i = 0; i < 1000; ++i) {
    if (read_file_if_there("/proc/" + std::to_string(pid) + "/cmdline").value_or("").empty()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST_F(MysqlServerTest, AnswersAndSaysWhatItIs) {
  EXPECT_EQ(server().value("SELECT version() LIKE '%MariaDB%'"),
            MysqlServer::is_mariadb() ? "1" : "0");
  EXPECT_EQ(server().value("SELECT 'a\tb\\nc'"), "a\tb\nc");
  EXPECT_EQ(server().sql("SELECT 'a\tb\\nc', NULL"), "a\\tb\\nc\tNULL\n");
  EXPECT_EQ(server().value("SELECT @@skip_networking"), "1");
  EXPECT_THROW(server().sql("SELECT nothing FROM nowhere"), std::runtime_error);
}

TEST_F(MysqlServerTest, KeepsWhatWasCommittedWhenItIsKilled) {
  server().use("wor`ld");
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB;"
      "INSERT INTO bot VALUES (2, 'b'), (1, 'a')");
  const std::string before = server().dump();
  const pid_t first = server().pid();
  server().kill9();
  EXPECT_THROW(server().sql("DO 1"), std::runtime_error);
  server().start();
  EXPECT_NE(server().pid(), first);
  EXPECT_EQ(server().rows("bot"), (std::vector<std::string>{"1\ta", "2\tb"}));
  server().stop();
  server().start();
  EXPECT_EQ(server().dump(), before);
}

TEST_F(MysqlServerTest, LetsInAUserWhoseRightsAreFew) {
  const std::string password = "p#w 'x\"\\n";
  server().use("world");
  server().sql(
      "CREATE TABLE t(a INT); CREATE USER few@localhost IDENTIFIED BY 'p#w ''x\"\\\\n';"
      "GRANT SELECT ON world.* TO few@localhost");
  const std::string login = server().option_file("few", password);
  EXPECT_EQ(server().sql("SELECT current_user()", login), "few@localhost\n");
  EXPECT_THROW(server().sql("DROP TABLE t", login), std::runtime_error);
}

class MysqlServerOnTcpTest : public MysqlTest {
  MysqlServer::Options options() const override {
    return {.tcp = true, .tls = true, .arguments = {"--log-bin=binlog", "--server-id=7"}};
  }
};

TEST_F(MysqlServerOnTcpTest, HasAPortTlsAndWhatElseWasAskedFor) {
  const std::string login = server().option_file("few", "tcp");
  server().sql("CREATE USER few@localhost IDENTIFIED BY 'tcp' REQUIRE SSL");
  const Finished status =
      run({.argv = {"mariadb", "--defaults-file=" + login, "--protocol=tcp", "--host=127.0.0.1",
                    "--port=" + std::to_string(server().port()), "--ssl-ca=" + server().ca(),
                    "--ssl-verify-server-cert", "-Ne", "SHOW STATUS LIKE 'Ssl_cipher'"}});
  EXPECT_EQ(status.status, 0) << status.err;
  EXPECT_GT(status.out.size(), std::string("Ssl_cipher\t\n").size()) << status.out;
  EXPECT_EQ(server().value("SELECT @@log_bin, @@server_id"), "1\t7");
}

TEST_F(MysqlServerTest, EndsWithTheProcessThatStartedIt) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const MysqlServer own;
    const pid_t pid = own.pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    kill(getpid(), SIGKILL);
  }
  close(ends[1]);
  pid_t started = 0;
  EXPECT_EQ(read(ends[0], &started, sizeof started), static_cast<ssize_t>(sizeof started));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  ASSERT_GT(started, 1);
  EXPECT_TRUE(is_gone(started));
}

TEST_F(MysqlServerTest, LeavesNoFolderBehind) {
  boost::filesystem::path folder;
  {
    const MysqlServer second;
    folder = second.folder();
    EXPECT_NE(second.socket(), server().socket());
    EXPECT_TRUE(boost::filesystem::exists(folder));
  }
  EXPECT_FALSE(boost::filesystem::exists(folder));
}

}  // namespace
}  // namespace rollback::testing
