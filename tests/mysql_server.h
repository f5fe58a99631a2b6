// A private MariaDB server for one test, in a scratch folder, gone with the
// process of the test. Where GIT_ROLLBACK_TEST_MYSQL_ROOT names the root folder
// of a system with MySQL (tools/check --mysql makes one), it is that server.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <boost/filesystem/path.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/descriptor.h"

namespace rollback::testing {

class MysqlServer {
 public:
  struct Options {
    bool tcp = false;  // also on 127.0.0.1, at port(); else on the socket alone
    bool tls = false;  // with a certificate for localhost and 127.0.0.1, see ca()
    std::vector<std::string> arguments = {};  // such as "--log-bin"
  };

  // Why there can be no server here, in one sentence; nothing where there can.
  static std::optional<std::string> missing();
  static bool is_mariadb();  // else MySQL

  // Started, with `root` that needs no password, and no database. Throws
  // std::runtime_error with the server's own last words when it does not start.
  // Servers end with the thread that started them.
  MysqlServer() : MysqlServer(Options{}) {}
  explicit MysqlServer(Options options);
  ~MysqlServer();
  MysqlServer(const MysqlServer&) = delete;
  MysqlServer& operator=(const MysqlServer&) = delete;

  std::string socket() const { return (folder_ / "mysql.sock").string(); }
  unsigned port() const { return port_; }                             // 0 without TCP
  pid_t pid() const { return pid_; }                                  // 0 while it does not run
  std::string ca() const { return (folder_ / "cert.pem").string(); }  // what signed it
  const boost::filesystem::path& folder() const { return folder_; }
  std::string log() const;  // what the server said

  void stop();   // SIGTERM; SIGKILL after 30 seconds
  void kill9();  // as a machine that goes down, but for what is in the page cache
  void start();  // again, on the same data and port

  // Makes it the database that statements below are about; creates it if missing.
  void use(const std::string& database);

  // What the server's own client prints for these statements: rows of columns
  // with tabs between, without names, control characters as \n and so on.
  // Throws std::runtime_error with the client's message. `DELIMITER` works.
  // As root, or as whom an option file names.
  std::string sql(const std::string& statements, const std::string& option_file = "") const;
  // The same for one value, as it is.
  std::string value(const std::string& query) const;

  std::vector<std::string> rows(const std::string& table) const;  // sorted
  // SHOW CREATE and rows() of each table and view of the database.
  std::string dump() const;

  // A file that clients read, mode 0600: [client] with user and password.
  std::string option_file(const std::string& user, const std::string& password) const;

 private:
  void make_folder();
  void make_certificate() const;
  std::vector<std::string> command_line() const;
  std::string client(const std::string& statements, const std::string& option_file, bool raw) const;
  bool answers() const;

  Options options_;
  boost::filesystem::path folder_;
  Descriptor in_use_;  // locks the folder, so that another test knows it from a left one
  unsigned port_ = 0;
  pid_t pid_ = 0;
  std::string database_;
};

// A test with a server of its own. Suites that stand on this are named Mysql…,
// which is how tools/check --mysql finds them.
class MysqlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = MysqlServer::missing()) GTEST_SKIP() << *why;
    server_ = std::make_unique<MysqlServer>(options());
  }
  virtual MysqlServer::Options options() const { return {}; }
  MysqlServer& server() { return *server_; }

 private:
  std::unique_ptr<MysqlServer> server_;
};

}  // namespace rollback::testing
