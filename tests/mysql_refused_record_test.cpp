// A point that is not recorded since the login was refused leaves nothing to be ended.
#include <nlohmann/json.hpp>

#include "mysql_server.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

class MysqlRefusedRecord : public ServiceFixture {
 protected:
  void SetUp() override {
    if (const auto why = MysqlServer::missing()) GTEST_SKIP() << *why;
    server_ = std::make_unique<MysqlServer>();
    for (const char* const database : {"world", "chars"}) {
      server_->use(database);
      server_->sql("CREATE TABLE playerbot(id INT PRIMARY KEY)");
    }
    begin();
    login_ = server_->option_file("root", "");
    git({"config", "rollback.mysqlOptionFile", login_});
    configure("version: 1\ncomponents:\n  playerbot:\n    database:\n" + database("chars") +
              database("world"));
    ASSERT_STATUS(0, rollback({"record"}));
  }

  std::string database(const std::string& name) const {
    return "      - { url: \"mysql:///" + name + "?socket=" + server_->socket() +
           "\", tables: [playerbot] }\n";
  }

  void expect_nothing_to_be_ended() {
    const Finished said = rollback({"doctor", "--json"});
    EXPECT_FALSE(contains(said.out, "cut short")) << said.out;
    ASSERT_STATUS(0, shell("chmod 600 '" + login_ + "'"));
    EXPECT_EQ(server_->value("SELECT count(DISTINCT point) FROM chars.git_rollback_backups"), "1");
    EXPECT_EQ(points().size(), 2U);  // with the one of init
  }

  std::string login_;
  std::unique_ptr<MysqlServer> server_;
};

TEST_F(MysqlRefusedRecord, LeavesNothingWhereOthersMayReadTheOptionFile) {
  ASSERT_STATUS(0, shell("chmod 644 '" + login_ + "'"));
  const Finished said = rollback({"record"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "chmod 600")) << said.err;
  expect_nothing_to_be_ended();
}

TEST_F(MysqlRefusedRecord, LeavesNothingWhereNoServerAnswers) {
  server_->stop();
  EXPECT_STATUS(128, rollback({"hook", "pre-deploy"}));
  server_->start();
  expect_nothing_to_be_ended();
}

// Only the second database is out of reach: what the first one backed up goes again.
TEST_F(MysqlRefusedRecord, LeavesNoBackupOfTheDatabaseThatAnswered) {
  server_->sql("DROP DATABASE world");
  const Finished said = rollback({"record"});
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "no database 'world'")) << said.err;
  expect_nothing_to_be_ended();
}

}  // namespace
}  // namespace rollback::testing
