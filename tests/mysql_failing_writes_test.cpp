// An operation waits, and the login that its triggers run as loses a privilege: the
// service's own writes fail, and that is said first.
#include <nlohmann/json.hpp>

#include "mysql_part_fixture.h"
#include "service_fixture.h"

namespace rollback::mysql {
namespace {

const char* const app =
    "CREATE USER app@localhost IDENTIFIED BY 'x'; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE,"
    " DROP, ALTER, TRIGGER, LOCK TABLES, CREATE TEMPORARY TABLES, REFERENCES ON world.* TO"
    " app@localhost; SET GLOBAL log_bin_trust_function_creators = 1;";

class MysqlFailingWrites : public MysqlPartTest {
 protected:
  void SetUp() override {
    MysqlPartTest::SetUp();
    if (IsSkipped()) return;
    run(app);
    root_ = settings_.option_file;
    settings_.option_file = server().option_file("app", "x");
    run("CREATE TABLE playerbot(id INT PRIMARY KEY, x INT); INSERT INTO playerbot VALUES (1, 1)");
    const Point point = capture();
    run("ALTER TABLE playerbot ADD COLUMN y INT AFTER id");
    part()->prepare(to(point, Rows::keep_all, 100));
  }

  bool can_write() {
    try {
      run("UPDATE playerbot SET id = id + 1");
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  std::string said() {
    std::string text;
    for (const Check& check : part()->failing_writes()) {
      EXPECT_EQ(check.level, Check::Level::problem);
      text += check.what + "\n" + check.mend + "\n";
    }
    return text;
  }
  std::string about(const std::string& tables, const std::string& why) const {
    return "writes of the service to " + tables +
           " of database 'world' fail now: the triggers of operation " + operation_ +
           " run as 'app@localhost', which " + why + "\n";
  }

  std::string root_;
};

TEST_F(MysqlFailingWrites, AreNoneWhileTheLoginMayDoWhatItMight) {
  EXPECT_TRUE(can_write());
  EXPECT_EQ(said(), "");
}

TEST_F(MysqlFailingWrites, AreToldOfWithTheGrantThatEndsIt) {
  for (const std::string lost : {"SELECT", "INSERT", "TRIGGER"}) {
    run("REVOKE " + lost + " ON world.* FROM app@localhost");
    EXPECT_FALSE(can_write()) << lost;
    const std::string grant = "GRANT " + lost + " ON `world`.* TO `app`@`localhost`";
    // Without TRIGGER it sees none.
    EXPECT_EQ(said(), about(lost == "TRIGGER" ? "tables that go back" : "table 'playerbot'",
                            "has lost " + lost) +
                          grant + "\n");
    run(grant);
    EXPECT_TRUE(can_write()) << lost;
    EXPECT_EQ(said(), "") << lost;
  }
}

TEST_F(MysqlFailingWrites, AreToldOfByAnotherLogin) {
  settings_.option_file = root_;
  EXPECT_EQ(said(), "");
  run("REVOKE INSERT, SELECT ON world.* FROM app@localhost");
  EXPECT_EQ(said(), about("table 'playerbot'", "has lost SELECT, INSERT") +
                        "GRANT SELECT, INSERT ON `world`.* TO `app`@`localhost`\n");
  run("DROP USER app@localhost");
  EXPECT_FALSE(can_write());
  EXPECT_EQ(said(),
            about("table 'playerbot'", "is no account any more") + "git rollback --abort\n");
  part()->discard(operation_);
  EXPECT_TRUE(can_write());
  EXPECT_EQ(said(), "");
}

class MysqlWaiting : public testing::ServiceFixture {
 protected:
  void SetUp() override {
    if (const auto why = testing::MysqlServer::missing()) GTEST_SKIP() << *why;
    server_ = std::make_unique<testing::MysqlServer>();
    server_->use("world");
    server_->sql(std::string(app) +
                 "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(20));"
                 "INSERT INTO playerbot VALUES (1, 'ann')");
    begin();
    git({"config", "rollback.mysqlOptionFile", server_->option_file("app", "x")});
    configure(
        "version: 1\ncomponents:\n  playerbot:\n    database: { url: \"mysql:///world?socket=" +
        server_->socket() + "\", tables: [playerbot] }\n");
    deploy_good();
    server_->sql("ALTER TABLE playerbot ADD COLUMN x INT AFTER id");
    ASSERT_STATUS(128 + 9, rollback({"--target", point(), "--component", "playerbot/db", "--again",
                                     "--rows=keep_all", "--yes"},
                                    {{"GIT_ROLLBACK_FAIL_POINT", "ready"}}));
    server_->sql("REVOKE INSERT ON world.* FROM app@localhost");
  }

  const std::string said_ = "writes of the service to table 'playerbot' of database 'world' fail";
  std::unique_ptr<testing::MysqlServer> server_;
};

TEST_F(MysqlWaiting, DoctorSaysFirstThatTheServiceCannotWrite) {
  const Finished said = rollback({"doctor", "--json"});
  EXPECT_STATUS(1, said);
  const auto first = nlohmann::json::parse(said.out).at("checks").at(0);
  EXPECT_EQ(first.at("level"), "problem");
  EXPECT_TRUE(testing::contains(first.at("what"), said_)) << first;
}

TEST_F(MysqlWaiting, StatusSaysThatTheServiceCannotWriteAndWhatMendsIt) {
  const Finished said = rollback({"status"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(testing::contains(said.out, "error: playerbot/database: " + said_)) << said.out;
  EXPECT_TRUE(testing::contains(said.err, "hint: to let the service write: GRANT INSERT ON"))
      << said.err;
  const auto status = nlohmann::json::parse(rollback({"status", "--json"}).out);
  EXPECT_EQ(status.at("in_flight").at("failing_writes").size(), 1U) << status;
  EXPECT_STATUS(0, rollback({"--abort"}));
  server_->sql("INSERT INTO playerbot(id) VALUES (2)");
}

TEST_F(MysqlWaiting, StatusSaysThatTheServiceMayNotWriteWhereItsLoginIsNotLetIn) {
  for (const std::string change :
       {"REVOKE ALL ON world.* FROM app@localhost", "DROP USER app@localhost"}) {
    server_->sql(change);
    const Finished said = rollback({"status"});
    EXPECT_STATUS(0, said);
    EXPECT_TRUE(testing::contains(said.out, "warning: playerbot/database: database 'world': "))
        << change << said.out;
    EXPECT_TRUE(testing::contains(said.out, "fail each write of the service's")) << said.out;
    EXPECT_TRUE(testing::contains(said.err, "hint: to let the service write: let the login in"))
        << said.err;
  }
}

TEST_F(MysqlWaiting, DoctorSendsNobodyToDoctor) {
  ASSERT_STATUS(0, rollback({"--abort"}));
  server_->sql("REVOKE SELECT ON world.* FROM app@localhost");
  const auto checks = nlohmann::json::parse(rollback({"doctor", "--json"}).out).at("checks");
  const std::string denied = checks.back().at("what");
  EXPECT_TRUE(testing::contains(denied, "SELECT command denied")) << checks;
  EXPECT_TRUE(testing::contains(checks.back().at("mend"), "GRANT SELECT")) << checks;
}

}  // namespace
}  // namespace rollback::mysql
