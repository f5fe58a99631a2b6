#include <gtest/gtest.h>

#include "os/bytes_in_words.h"
#include "plan/pruned.h"
#include "plan/retention.h"

namespace rollback {
namespace {

using What = Removal::What;

constexpr const char* p1 = "20260101T000000Z-aaaaaaa";
constexpr const char* p2 = "20260102T000000Z-aaaaaaa";
constexpr const char* p3 = "20260103T000000Z-aaaaaaa";
constexpr const char* p4 = "20260104T000000Z-aaaaaaa";

KeptTable backup_of(const std::string& point, std::int64_t bytes = 100) {
  return {.component = "bot",
          .database = "var/bot.db",
          .name = "bot_backup_" + point.substr(0, 16),
          .point = point,
          .operation = {},
          .volume = 1,
          .bytes = bytes};
}

KeptTable displaced_by(const std::string& operation, const std::string& left) {
  KeptTable table = backup_of(left);
  table.operation = operation;
  return table;
}

// Four points with a backup of 100 bytes each, newest first.
Holdings four_points() {
  Holdings holdings;
  for (const char* id : {p4, p3, p2, p1}) {
    holdings.points.push_back({.id = id});
    holdings.tables.push_back(backup_of(id));
  }
  holdings.volumes = {{.id = 1, .total_bytes = 1000, .free_bytes = 500, .reusable_bytes = 0}};
  holdings.now = *from_rfc3339("2026-01-05T00:00:00Z");
  return holdings;
}

std::vector<std::string> points_of(const std::vector<Removal>& removals, What what) {
  std::vector<std::string> points;
  for (const auto& removal : removals) {
    if (removal.what == what) points.push_back(removal.point);
  }
  return points;
}

using Ids = std::vector<std::string>;

TEST(RetentionPlan, WithoutALimitNothingGoes) {
  EXPECT_TRUE(plan_retention({}, four_points()).empty());
}

TEST(RetentionPlan, PointsPastTheNumberGoWithTheirBackupsOldestFirst) {
  Retention retention;
  retention.points = 2;
  const auto removals = plan_retention(retention, four_points());
  EXPECT_EQ(points_of(removals, What::point), (Ids{p1, p2}));
  ASSERT_EQ(removals.size(), 2U);
  EXPECT_EQ(removals[0].words(),
            "point " + std::string(p1) + " (1 table, 100 B): past the 2 points kept");
}

TEST(RetentionPlan, PointsOfOneSecondGoInTheOrderOfTheirChain) {
  Retention retention;
  retention.points = 1;
  Holdings holdings;
  for (const char* id :
       {"20260101T000000Z-aaaaaaa", "20260101T000000Z-ccccccc", "20260101T000000Z-bbbbbbb"}) {
    holdings.points.push_back({.id = id});
  }
  EXPECT_EQ(points_of(plan_retention(retention, holdings), What::point),
            (Ids{"20260101T000000Z-bbbbbbb", "20260101T000000Z-ccccccc"}));
}

TEST(RetentionPlan, ANeededPointStaysHoweverOldAndCountsAsOne) {
  Retention retention;
  retention.points = 2;
  Holdings holdings = four_points();
  holdings.points[3].needed = true;
  EXPECT_EQ(points_of(plan_retention(retention, holdings), What::point), Ids{p2});
}

TEST(RetentionPlan, SaysWhyMorePointsStayThanTheNumber) {
  Retention retention;
  Holdings holdings = four_points();
  EXPECT_EQ(points_that_stay(retention, holdings, {}).points(), 0);
  retention.points = 1;
  EXPECT_EQ(points_that_stay(retention, holdings, plan_retention(retention, holdings)).points(), 0);
  holdings.points[0].needed = true;  // within the number
  holdings.points[1].needed = true;
  holdings.tables[3] = displaced_by(p1, p1);
  const Staying staying =
      points_that_stay(retention, holdings, plan_retention(retention, holdings));
  EXPECT_EQ(staying.needed, 1);
  EXPECT_EQ(staying.displaced, 1);
  EXPECT_EQ(staying.words(),
            "2 points past the 1 kept stay: 1 as live's parent, the last stable or on the way to "
            "it, or for a deploy that is open or an undo, 1 for tables that a rollback displaced");
}

TEST(RetentionPlan, BackupsPastTheNumberGoAndTheirPointsStay) {
  Retention retention;
  retention.backups = 1;
  Holdings holdings = four_points();
  holdings.points[1].tables_needed = true;
  const auto removals = plan_retention(retention, holdings);
  EXPECT_EQ(points_of(removals, What::backups), (Ids{p1, p2}));
  EXPECT_TRUE(points_of(removals, What::point).empty());
}

TEST(RetentionPlan, AnUnneededWayToTheLastStableKeepsItsPointsButNotItsBackups) {
  Retention retention;
  retention.points = 1;
  retention.backups = 1;
  Holdings holdings = four_points();
  for (auto& point : holdings.points) point.needed = true;
  const auto removals = plan_retention(retention, holdings);
  EXPECT_TRUE(points_of(removals, What::point).empty());
  EXPECT_EQ(points_of(removals, What::backups), (Ids{p1, p2, p3}));
}

TEST(RetentionPlan, DisplacedTablesGoByTheirAge) {
  Retention retention;
  retention.displaced = Retention::Age{std::chrono::hours(24), "1 day"};
  Holdings holdings;
  holdings.now = *from_rfc3339("2026-01-05T12:00:00Z");
  holdings.points = {{.id = p3}, {.id = p2}};
  holdings.tables = {displaced_by("20260105T000000Z-bbbbbbb", p3),
                     displaced_by("20260104T000000Z-bbbbbbb", p2)};
  const auto removals = plan_retention(retention, holdings);
  EXPECT_EQ(points_of(removals, What::displaced), Ids{p2});
  EXPECT_EQ(removals.at(0).words(),
            "tables displaced by operation 20260104T000000Z-bbbbbbb (1 table, 100 B):"
            " displaced more than 1 day ago");
}

TEST(RetentionPlan, APointStaysWithItsDisplacedTablesUntilTheseMayGo) {
  Retention retention;
  retention.points = 1;
  Holdings holdings = four_points();
  holdings.tables[3] = displaced_by("20260104T120000Z-bbbbbbb", p1);
  EXPECT_EQ(points_of(plan_retention(retention, holdings), What::point), (Ids{p2, p3}));
  retention.displaced = Retention::Age{std::chrono::hours(1), "1 hour"};
  const auto removals = plan_retention(retention, holdings);
  EXPECT_EQ(points_of(removals, What::point), (Ids{p1, p2, p3}));
  EXPECT_EQ(removals.at(0).operation(), "20260104T120000Z-bbbbbbb");
}

TEST(RetentionPlan, WhatUndoNeedsStaysThoughItIsOld) {
  Retention retention;
  retention.displaced = Retention::Age{std::chrono::hours(1), "1 hour"};
  Holdings holdings = four_points();
  holdings.tables[3] = displaced_by("20260101T120000Z-bbbbbbb", p1);
  holdings.points[3].tables_needed = true;
  EXPECT_TRUE(plan_retention(retention, holdings).empty());
}

TEST(RetentionPlan, TheOldestGoUntilAllTogetherAreSmallEnough) {
  Retention retention;
  retention.max_bytes = Retention::Size{250, "250 B"};
  Holdings holdings = four_points();
  EXPECT_EQ(points_of(plan_retention(retention, holdings), What::backups), (Ids{p1, p2}));
  holdings.points[3].tables_needed = true;
  EXPECT_EQ(points_of(plan_retention(retention, holdings), What::backups), (Ids{p2, p3}));
}

TEST(RetentionPlan, TheOldestGoUntilEnoughIsFreeAndNoMore) {
  Retention retention;
  retention.min_free = Retention::Share{0, 65, "65%"};
  EXPECT_EQ(points_of(plan_retention(retention, four_points()), What::backups), (Ids{p1, p2}));
  retention.min_free = Retention::Share{600, 0, "600 B"};
  EXPECT_EQ(points_of(plan_retention(retention, four_points()), What::backups), Ids{p1});
}

TEST(RetentionPlan, PagesThatAreFreeInsideTheDatabaseCountAsFree) {
  Retention retention;
  retention.min_free = Retention::Share{600, 0, "600 B"};
  Holdings holdings = four_points();
  holdings.volumes[0].reusable_bytes = 60;
  holdings.volumes.push_back(
      {.id = 1, .total_bytes = 1000, .free_bytes = 500, .reusable_bytes = 40});
  EXPECT_TRUE(plan_retention(retention, holdings).empty());
}

TEST(RetentionPlan, AnotherFilesystemIsNotRelievedByThisOne) {
  Retention retention;
  retention.min_free = Retention::Share{600, 0, "600 B"};
  Holdings holdings = four_points();
  holdings.tables[3].volume = 2;
  holdings.volumes.push_back(
      {.id = 2, .total_bytes = 9000, .free_bytes = 9000, .reusable_bytes = 0});
  EXPECT_EQ(points_of(plan_retention(retention, holdings), What::backups), Ids{p2});
}

TEST(RetentionPlan, TablesOfPointsThatAreUnknownHereAreNobodysBusiness) {
  Retention retention;
  retention.max_bytes = Retention::Size{1, "1 B"};
  Holdings holdings;
  holdings.tables = {backup_of(p1)};
  EXPECT_TRUE(plan_retention(retention, holdings).empty());
}

TEST(RetentionPlan, WhatAKilledRunLeftGoesWithoutAnyLimit) {
  Holdings holdings = four_points();
  holdings.points.pop_back();
  holdings.unfinished = {p1};
  const auto removals = plan_retention({}, holdings);
  EXPECT_EQ(points_of(removals, What::rest), Ids{p1});
}

TEST(RetentionPlan, SaysSizesInWords) {
  EXPECT_EQ(bytes_in_words(0), "0 B");
  EXPECT_EQ(bytes_in_words(999), "999 B");
  EXPECT_EQ(bytes_in_words(1000), "1.0 kB");
  EXPECT_EQ(bytes_in_words(12'345), "12 kB");
  EXPECT_EQ(bytes_in_words(3'400'000'000), "3.4 GB");
  EXPECT_EQ(bytes_in_words(5'000'000'000'000'000), "5000 TB");
}

TEST(Pruned, TellsPointsFromBackupsAndPassesOverWhatIsNeither) {
  const auto event = [](const std::string& more) {
    return *parse_event("c", R"({"at":"2026-01-01T00:00:00.000Z","id":"0123456789abcdef",)"
                             R"("environment":"production","deploy":"","event":"pruned")" +
                                 more + "}");
  };
  const Pruned pruned = pruned_by(
      {event(R"(,"point":"a")"), event(R"(,"backups_of":"b","operation":"x")"),
       event(R"(,"point":7)"), event(""), event(R"(,"release":"1.0","component":"bot")")});
  EXPECT_EQ(pruned.releases.count({"bot", "1.0"}), 1U);
  EXPECT_EQ(pruned.points.size(), 1U);
  EXPECT_EQ(pruned.points.count("a"), 1U);
  EXPECT_EQ(pruned.backups.size(), 1U);
  EXPECT_EQ(pruned.backups.count("b"), 1U);
}

}  // namespace
}  // namespace rollback
