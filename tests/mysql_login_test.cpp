#include "part/database/mysql/server/login.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "mysql_server.h"
#include "os/error.h"
#include "os/file.h"
#include "os/process.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

namespace fs = boost::filesystem;
using mysql::Address;
using mysql::Login;
using mysql::parse_address;

// A home and a repository of its own, so that the person's helpers are not asked.
class MysqlLogin : public MysqlTest {
 protected:
  void SetUp() override {
    MysqlTest::SetUp();
    if (IsSkipped()) return;
    fs::create_directories(folder());
    setenv("HOME", folder().c_str(), 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    for (const char* name : {"XDG_CONFIG_HOME", "GIT_ASKPASS", "SSH_ASKPASS"}) unsetenv(name);
    ASSERT_EQ(run({.argv = {"git", "init", "-q", folder().string()}}).status, 0);
    git_ = Git(folder() / ".git", folder());
    server().sql("CREATE DATABASE w; CREATE USER bot@localhost IDENTIFIED BY 'it''s #1 \\\\ \"'");
  }

  fs::path folder() { return server().folder() / "home"; }
  const fs::path store() { return folder() / "credentials"; }
  Address address(const std::string& user = "bot@") {
    return parse_address("mysql://" + user + "/w?socket=" + server().socket());
  }

  // With the real client, by a file as the engine's own login is none.
  mysql::TryLogin attempt() {
    return [this](const Login& login) {
      ++attempts_;
      EXPECT_EQ(login.socket, server().socket());
      const std::string file = server().option_file(login.user, login.password.value_or(""));
      try {
        return server().sql("SELECT 1", file) == "1\n";
      } catch (const std::runtime_error& error) {
        if (std::string(error.what()).find("ERROR 1045") == std::string::npos) throw;
        return false;
      }
    };
  }
  Login log_in(const Address& to, const std::string& option_file = "") {
    return mysql::log_in(to, mysql::find_login(to, option_file, git_), git_, attempt());
  }
  std::string refusal(const Address& to, const std::string& option_file = "") {
    try {
      log_in(to, option_file);
      return "";
    } catch (const Refused& error) {
      return error.what();
    }
  }
  void use_store() {
    git_.run({"config", "credential.helper", "store --file=" + store().string()});
  }

  Git git_;
  int attempts_ = 0;
  const std::string password_ = "it's #1 \\ \"";
};

TEST_F(MysqlLogin, ComesFromTheOptionFileThatIsNamed) {
  const std::string file = server().option_file("bot", password_);
  const Login login = log_in(address(""), file);
  EXPECT_EQ(login.user, "bot");
  EXPECT_EQ(login.password, password_);
  EXPECT_EQ(attempts_, 1);
  write_file(folder() / "mine.cnf", read_file(file), FileMode{0600});
  EXPECT_EQ(log_in(address(""), "mine.cnf").user, "bot");
  EXPECT_EQ(log_in(address(""), "~/mine.cnf").user, "bot");
  EXPECT_THROW(log_in(address(""), "none.cnf"), Fatal);
}

TEST_F(MysqlLogin, ComesFromTheClientsOwnFileUnlessOneIsNamed) {
  write_file(folder() / ".my.cnf", read_file(server().option_file("bot", password_)),
             FileMode{0600});
  EXPECT_EQ(log_in(address("")).user, "bot");
  EXPECT_EQ(log_in(address("root@"), server().option_file("bot", "")).user, "root");
  ASSERT_EQ(chmod((folder() / ".my.cnf").c_str(), 0644), 0);
  EXPECT_THROW(log_in(address("")), Refused);
}

TEST_F(MysqlLogin, IsTheUserOfTheSystemWhereNothingElseIsSaid) {
  const passwd* user = getpwuid(geteuid());
  ASSERT_NE(user, nullptr);
  const Login login = mysql::find_login(address(""), "", git_);
  EXPECT_EQ(login.user, user->pw_name);
  EXPECT_EQ(login.password, std::nullopt);
}

TEST_F(MysqlLogin, AsksGitOnlyWhenTheServerWantsAPassword) {
  git_.run({"config", "credential.helper", "!echo asked >>" + (folder() / "asked").string()});
  EXPECT_EQ(log_in(address("root@")).password, std::nullopt);
  EXPECT_FALSE(fs::exists(folder() / "asked"));
  EXPECT_NE(refusal(address()).find("git knows none"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder() / "asked"));
}

TEST_F(MysqlLogin, TakesWhatGitsHelperKnowsAndApprovesIt) {
  const fs::path log = folder() / "helper.log";
  write_file(folder() / "password", "password=" + password_ + "\n");
  git_.run({"config", "credential.helper",
            "!f() { { echo \"$1\"; cat; } >>" + log.string() + "; test \"$1\" != get || cat " +
                (folder() / "password").string() + "; }; f"});
  const Login login = log_in(address());
  EXPECT_EQ(login.password, password_);
  EXPECT_EQ(attempts_, 2);
  const std::string about = "protocol=mysql\nhost=localhost\npath=w\nusername=bot\n";
  EXPECT_EQ(read_file(log), "get\n" + about + "store\n" + about + "password=" + password_ + "\n");
}

TEST_F(MysqlLogin, IsForgottenByGitsStoreWhenTheServerDoesNotTakeIt) {
  use_store();
  write_file(store(), "mysql://bot:wrong@localhost/w\nmysql://bot:other@db/w\n");
  const std::string text = refusal(address());
  EXPECT_NE(text.find("'localhost' does not let 'bot' in with the password that git knows"),
            std::string::npos);
  EXPECT_EQ(text.find("wrong"), std::string::npos);
  EXPECT_EQ(read_file(store()), "mysql://bot:other@db/w\n");
}

TEST_F(MysqlLogin, IsNotJudgedWhereTheServerDidNotAnswer) {
  use_store();
  write_file(store(), "mysql://bot:it%27s%20%231%20%5c%20%22@localhost/w\n");
  const std::string before = read_file(store());
  int attempts = 0;
  const auto dies = [&](const Login&) -> bool {
    if (++attempts == 2) server().kill9();
    return attempts == 2 && attempt()({"bot", password_, server().socket(), {}, "", "", ""});
  };
  EXPECT_THROW(mysql::log_in(address(), mysql::find_login(address(), "", git_), git_, dies),
               std::runtime_error);
  EXPECT_EQ(read_file(store()), before);
}

TEST_F(MysqlLogin, DoesNotAskGitWhereTheOptionFilesPasswordIsWrong) {
  use_store();
  write_file(store(), "mysql://bot:it%27s%20%231%20%5c%20%22@localhost/w\n");
  const std::string file = server().option_file("bot", "wrong");
  EXPECT_EQ(
      refusal(address(), file),
      "'localhost' does not let 'bot' in with the password of the option file '" + file + "'");
  EXPECT_EQ(attempts_, 1);
}

TEST_F(MysqlLogin, FollowsTheOptionFileInTlsOnlyToBeStricter) {
  const std::string file = server().option_file("bot", "x");
  write_file(file, "[client]\nssl-verify-server-cert\nssl_ca=/ca\nsocket=/its.sock\n",
             FileMode{0600, geteuid(), getegid()});
  Login login = mysql::find_login(parse_address("mysql://db/w?tls=on"), file, git_);
  EXPECT_EQ(login.tls, Address::Tls::verified);
  EXPECT_EQ(login.ca, "/ca");
  EXPECT_EQ(login.socket, "");
  login = mysql::find_login(parse_address("mysql:///w"), file, git_);
  EXPECT_EQ(login.socket, "/its.sock");
  EXPECT_EQ(login.tls, Address::Tls::off);
  write_file(file, "[client]\nssl-mode=required\nssl-ca=/ca\n");
  login = mysql::find_login(parse_address("mysql://db/w?tls=verified&ca=/mine"), file, git_);
  EXPECT_EQ(login.tls, Address::Tls::verified);
  EXPECT_EQ(login.ca, "/mine");
}

// Run by the next one, on its terminal.
TEST(MysqlLoginOnTerminal, ChildLogsIn) {
  const fs::path folder = getenv("GIT_ROLLBACK_TEST_FOLDER");
  const Address address = parse_address("mysql://bot@/w?socket=/none");
  const Git git(folder / ".git", folder);
  const auto attempt = [](const Login& login) { return login.password == "typed"; };
  const Login login = mysql::log_in(address, {.user = "bot"}, git, attempt);
  EXPECT_EQ(login.password, "typed");
}

TEST_F(MysqlLogin, AsksAPersonOnATerminal) {
  const auto seen = run_on_terminal(
      {.argv = {"/proc/self/exe", "--gtest_filter=MysqlLoginOnTerminal.ChildLogsIn"},
       .directory = folder(),
       .set = {{"GIT_ROLLBACK_TEST_FOLDER", folder().string()}},
       .type = [](const std::string& so_far) {
         return so_far.ends_with("': ") ? std::string("typed\n") : std::string();
       }});
  EXPECT_EQ(seen.status, 0) << seen.screen;
  EXPECT_NE(seen.bytes.find("Password for 'mysql://bot@localhost/w': "), std::string::npos)
      << seen.screen;
  EXPECT_EQ(seen.bytes.find("typed"), std::string::npos);
}

}  // namespace
}  // namespace rollback::testing
