#include "part/database/mysql/swap/change.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace rollback::mysql {
namespace {

TEST(MysqlChange, APlanOfAnEarlierBuildIsRead) {
  Plan plan;
  plan.operation = "20261123T100000Z-4f2a91c";
  plan.changes.emplace_back();
  plan.changes.back().id = "git_rollback_x_1";
  auto json = nlohmann::json::parse(to_text(plan));
  for (const char* const key : {"storage_after", "returning", "from_backup"}) {
    EXPECT_EQ(json["changes"][0].erase(key), 1U);
  }
  const Plan read = plan_from(json.dump());
  EXPECT_EQ(read.changes.at(0).id, "git_rollback_x_1");
  EXPECT_EQ(read.changes.at(0).returning, "");
  EXPECT_FALSE(read.changes.at(0).in_place);
}

}  // namespace
}  // namespace rollback::mysql
