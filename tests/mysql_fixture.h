// A private server with the database `world`, and sessions on it as the engine
// opens them.
#pragma once

#include <string>

#include "mysql_server.h"
#include "part/database/mysql/server/place.h"

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
  // For a FROM: rows whose `seq` is 1 to `count`, up to 100,000.
  static std::string numbers(int count) {
    const std::string digit =
        "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4"
        " UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL"
        " SELECT 9)";
    std::string sum = "1";
    std::string from;
    std::string factor = "1";
    for (const char* const name : {"a", "b", "c", "d", "e"}) {
      sum += std::string(" + ") + name + ".d * " + factor;
      from += (from.empty() ? " FROM " : ", ") + digit + " AS " + name;
      factor += "0";
    }
    return "(SELECT " + sum + " AS seq" + from +
           ") AS numbers WHERE seq <= " + std::to_string(count);
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
