#include "mysql_fixture.h"
#include "os/error.h"
#include "part/database/mysql/server/entrance.h"

namespace rollback::mysql {
namespace {

// The place that a url means, with a login by an option file.
Place place_of(testing::MysqlServer& server, const std::string& query) {
  DatabaseSettings settings;
  settings.url = "mysql://player@127.0.0.1:" + std::to_string(server.port()) + "/world" + query;
  settings.option_file = server.option_file("player", "it's a secret");
  return make_place("bots", settings, Git());
}

std::string cipher_of(const Place& place) {
  Session session = open(place);
  return session.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'").at(0).at(1).value_or("");
}

class MysqlTls : public testing::MysqlTest {
 protected:
  testing::MysqlServer::Options options() const override { return {.tcp = true, .tls = true}; }
  void SetUp() override {
    MysqlTest::SetUp();
    if (IsSkipped()) return;
    server().use("world");
    server().sql(
        "CREATE USER player@'%' IDENTIFIED BY 'it\'\'s a secret'; GRANT ALL ON world.* TO"
        " player@'%'");
  }
};

class MysqlWithoutTls : public MysqlTls {
 protected:
  testing::MysqlServer::Options options() const override {
    return {.tcp = true,
            .arguments = {testing::MysqlServer::is_mariadb() ? "--skip-ssl" : "--tls-version="}};
  }
};

TEST_F(MysqlTls, IsOnWhereItIsAskedFor) {
  EXPECT_NE(cipher_of(place_of(server(), "?tls=on")), "");
  EXPECT_NE(cipher_of(place_of(server(), "?tls=verified&ca=" + server().ca())), "");
}

TEST_F(MysqlTls, RefusesACertificateThatNobodyTrusts) {
  EXPECT_THROW(open(place_of(server(), "?tls=verified")), ServerError);
}

TEST_F(MysqlWithoutTls, NothingIsSentWhereTlsIsAskedForAndNotThere) {
  EXPECT_EQ(cipher_of(place_of(server(), "")), "");
  try {
    open(place_of(server(), "?tls=on"));
    FAIL();
  } catch (const ServerError& error) {
    EXPECT_NE(std::string(error.what()).find("SSL"), std::string::npos) << error.what();
  } catch (const Fatal& error) {
    EXPECT_NE(std::string(error.what()).find("not encrypted"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace rollback::mysql
