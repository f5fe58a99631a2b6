#include "part/database/mysql/server/option_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <vector>

#include "os/error.h"
#include "os/file.h"
#include "os/notice.h"
#include "os/process.h"
#include "os/sha256.h"

namespace rollback::mysql {
namespace {

namespace fs = boost::filesystem;

class MysqlOptionFile : public testing::Test {
 protected:
  MysqlOptionFile()
      : file_(fs::temp_directory_path() / ("git-rollback-options-" + random_hex(6) + ".cnf")) {
    set_notice_listener([this](const Notice& notice) { notices_.push_back(notice.text); });
  }
  ~MysqlOptionFile() override {
    set_notice_listener({});
    boost::system::error_code ignored;
    fs::remove(file_, ignored);
  }

  void write(const std::string& text, mode_t mode = 0600) {
    write_file(file_, text, FileMode{mode, geteuid(), getegid()});
  }
  std::string refusal() {
    try {
      read_options(file_);
      return "";
    } catch (const Error& error) {
      return error.what() + (error.hints().empty() ? "" : "\n" + error.hints()[0]);
    }
  }

  fs::path file_;
  std::vector<std::string> notices_;
};

// The servers' own program that prints what their clients take from a file.
std::string as_the_clients_do(const fs::path& file) {
  return run({.argv = {"my_print_defaults", "--defaults-file=" + file.string(), "client",
                       "client-server", "client-mariadb", "git-rollback"}})
      .out;
}

TEST_F(MysqlOptionFile, ReadsValuesAsTheClientsDo) {
  const std::string values[] = {"plain",
                                "  with blanks  ",
                                "\"quo ted \"",
                                "'it''s'",
                                "\"a#b\" # a comment",
                                "a#b",
                                "'a#b\"'",
                                "\"a\\\"b#c\"",
                                "\\\\ \\s\\\" \\' \\x \\t|",
                                "\"half",
                                "half'",
                                "\"",
                                "a=b",
                                "a;b",
                                "",
                                "\"\"",
                                "trailing\\",
                                "\xC3\xA9 \xF0\x9F\x90\x99"};
  for (const std::string& value : values) {
    write("[client]\npassword=" + value + "\n");
    EXPECT_EQ("--password=" + read_options(file_)->at("password").value() + "\n",
              as_the_clients_do(file_))
        << value;
  }
}

TEST_F(MysqlOptionFile, TakesTheLastOfTheGroupsThatAreMeant) {
  write(
      "# a comment\n; another\n\n[mysqld]\nuser=mysql\nsocket=/server\n[ client ]\r\n"
      "  user = first\r\nsocket=/client\nssl\n[client-mariadb]\nuser=second\n[mysqldump]\n"
      "user=dump\n[git-rollback]\nloose_ssl_ca=/ca\npassword\n[client]\npass=hush\n");
  const Options options = read_options(file_).value();
  EXPECT_EQ(options.at("user"), "second");
  EXPECT_EQ(options.at("socket"), "/client");
  EXPECT_EQ(options.at("ssl-ca"), "/ca");
  EXPECT_EQ(options.at("ssl"), std::nullopt);
  EXPECT_EQ(options.at("password"), "hush");
  EXPECT_EQ(options.size(), 5U);
}

TEST_F(MysqlOptionFile, FailsWhereTheClientsFail) {
  write("user=nobody\n[client]\n");
  EXPECT_NE(refusal().find("line 1: an option above the first [group]"), std::string::npos);
  write("[client]\nuser=x\n[client\nuser=y\n");
  EXPECT_NE(refusal().find("line 3: '[' without ']'"), std::string::npos);
}

TEST_F(MysqlOptionFile, SaysThatAnIncludedFileIsNotRead) {
  write("!includedir /etc/mysql/conf.d/\n!include /etc/my.cnf\n[client]\nuser=x\n");
  EXPECT_EQ(read_options(file_)->at("user"), "x");
  EXPECT_EQ(notices_,
            std::vector<std::string>{"what '" + file_.string() + "' includes is not read"});
}

TEST_F(MysqlOptionFile, IsRefusedWhenOthersMayReadOrWriteIt) {
  EXPECT_EQ(read_options(file_), std::nullopt);
  for (const mode_t mode : {0644, 0640, 0620, 0602, 0601}) {
    write("[client]\npassword=hush\n");
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
    EXPECT_THROW(read_options(file_), Refused);
    EXPECT_NE(refusal().find("\nchmod 600 " + file_.string()), std::string::npos);
    EXPECT_EQ(refusal().find("hush"), std::string::npos);
  }
  ASSERT_EQ(chmod(file_.c_str(), 0400), 0);
  EXPECT_EQ(read_options(file_)->at("password"), "hush");
}

TEST_F(MysqlOptionFile, IsRefusedWhenItIsAnotherUsers) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  write("[client]\npassword=hush\n");
  ASSERT_EQ(chown(file_.c_str(), 65534, 65534), 0);
  EXPECT_THROW(read_options(file_), Refused);
  EXPECT_NE(refusal().find("belongs to another user"), std::string::npos);
}

TEST_F(MysqlOptionFile, IsAFileOfASensibleSize) {
  EXPECT_THROW(read_options("/dev/zero"), Fatal);
  EXPECT_THROW(read_options("/tmp"), Fatal);
  write("[client]\n#" + std::string(2 << 20, 'x'));
  EXPECT_NE(refusal().find("too large"), std::string::npos);
}

}  // namespace
}  // namespace rollback::mysql
