// What the program says of rows that did not fit, where the database is a real server.
#include <nlohmann/json.hpp>

#include "mysql_server.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

class MysqlSetAside : public ServiceFixture {
 protected:
  void SetUp() override {
    if (const auto why = MysqlServer::missing()) GTEST_SKIP() << *why;
    server_ = std::make_unique<MysqlServer>();
    server_->use("world");
    server_->sql(
        "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(5));"
        "INSERT INTO playerbot VALUES (1, 'ann')");
    begin();
    git({"config", "rollback.mysqlOptionFile", server_->option_file("root", "")});
    configure(
        "version: 1\ncomponents:\n  playerbot:\n    database: { url: \"mysql:///world?socket=" +
        server_->socket() +
        "\", tables: [playerbot] }\nverification: { smoke_test: [\"true\"] }\n");
    deploy_good();
    server_->sql(
        "ALTER TABLE playerbot MODIFY name VARCHAR(20);"
        "INSERT INTO playerbot VALUES (2, 'bob'), (3, 'much too long')");
  }
  std::vector<std::string> words(const std::string& last) {
    return {"--target",        point(),
            "--component",     "playerbot/db",
            "--rows=keep_all", "--accept-data-loss=significant",
            "--yes",           last};
  }

  const std::string said_ =
      "1 row of 'playerbot' in database 'world' is set aside in 'playerbot_aside_";
  std::unique_ptr<MysqlServer> server_;
};

TEST_F(MysqlSetAside, ARollbackThatIsDoneSaysWhereRowsAreThatDidNotFit) {
  const Finished done = rollback(words("--again"));
  ASSERT_STATUS(0, done);
  EXPECT_TRUE(contains(done.err, "warning: " + said_)) << done.err;
  EXPECT_TRUE(contains(done.err, "for column 'name'")) << done.err;
  EXPECT_TRUE(contains(done.err, "put it back: git rollback salvage\n")) << done.err;
}

TEST_F(MysqlSetAside, TheResultAsJsonSaysItToo) {
  const Finished done = rollback(words("--json"));
  ASSERT_STATUS(0, done);
  const auto lines = nlohmann::json::parse(done.out).at("result").at("set_aside");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(contains(lines[0], said_)) << lines;
}

TEST_F(MysqlSetAside, ThePlanCountsThemAsLost) {
  const Finished planned =
      rollback({"--target", point(), "--component", "playerbot/db", "--rows=keep_all", "-n"});
  ASSERT_STATUS(0, planned);
  EXPECT_TRUE(contains(planned.out, "1 row does not fit and will be set aside")) << planned.out;
  EXPECT_TRUE(contains(planned.out, "1 row lost")) << planned.out;
  const Finished automatic =
      rollback({"--target", point(), "--component", "playerbot/db", "--yes"});
  EXPECT_STATUS(1, automatic);
  EXPECT_TRUE(contains(automatic.err, "1 row of 'playerbot' does not fit into the point's columns"))
      << automatic.err;
}

}  // namespace
}  // namespace rollback::testing
