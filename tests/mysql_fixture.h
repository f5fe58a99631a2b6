// A private server with the database `world`, and sessions on it as the engine
// opens them.
#pragma once

#include <string>

#include "mysql_server.h"
#include "part/database/mysql/place.h"

namespace rollback::mysql {

class MysqlEngineTest : public testing::MysqlTest {
 protected:
  void SetUp() override {
    MysqlTest::SetUp();
    if (!IsSkipped()) server().use("world");
  }

  Endpoint endpoint() {
    Endpoint endpoint;
    endpoint.socket = server().socket();
    endpoint.user = "root";
    endpoint.database = "world";
    return endpoint;
  }
  Session open() { return Session(endpoint()); }

  DatabaseSettings settings() {
    DatabaseSettings settings;
    settings.url = "mysql:///world?socket=" + server().socket();
    settings.tables = {"playerbot", "playerbot_*"};
    settings.ledger = {"updates"};
    return settings;
  }
  Place place() {
    return {"world", "bots", settings(), [endpoint = endpoint()] { return endpoint; }};
  }
};

}  // namespace rollback::mysql
