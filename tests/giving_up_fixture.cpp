#include "giving_up_fixture.h"

#include <nlohmann/json.hpp>

namespace rollback::testing {

using nlohmann::json;

json GivingUpFixture::in_flight() {
  return json::parse(rollback({"status", "--json"}).out).at("in_flight");
}

void GivingUpFixture::expect_given_up(const std::string& outcome) {
  EXPECT_TRUE(in_flight().is_null());
  const json event = events("rollback").back();
  const json database = json::array({"playerbot/database"});
  EXPECT_EQ(event.at("outcome"), outcome) << event;
  EXPECT_EQ(event.at("given_up"), database) << event;
  EXPECT_EQ(event.at("left_out"), database) << event;
  EXPECT_EQ(event.at("complete"), false) << event;
  EXPECT_FALSE(event.contains("rows_lost")) << event;
  const Finished status = rollback({"status"});
  EXPECT_TRUE(contains(status.out, "\n  given up:  ")) << status.out;
  EXPECT_EQ(live().at("given_up").size(), 1U);
  EXPECT_TRUE(
      contains(rollback({"status", "--porcelain"}).out, "\ngiven-up playerbot/database 20"));
}

void GivingUpFixture::expect_free() {
  for (const std::string release : {"3.0", "3.1"}) {
    EXPECT_STATUS(0, rollback({"deploy", "--", "tools/deploy", release, "build " + release}));
  }
  EXPECT_STATUS(0, rollback({"--target", "previous", "--yes", "--again"}));
}

}  // namespace rollback::testing
