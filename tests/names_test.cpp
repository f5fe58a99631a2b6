#include "store/names.h"

#include <gtest/gtest.h>

namespace rollback::names {
namespace {

constexpr const char* id = "20261123T100000Z-4f2a91c";

TEST(Names, ARefOfAPointIsReadBackAsItWasSpelled) {
  for (const std::string environment : {"production", "production/web1"}) {
    const auto parsed = parse_point_ref(point_ref(environment, id));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->environment, environment);
    EXPECT_EQ(parsed->id, id);
  }
}

TEST(Names, ATagIsReadBackInEveryFormThatGitTakes) {
  const std::string ref = tag_ref("production/web1", id);
  for (const size_t cut :
       {size_t{0}, std::string("refs/").size(), std::string("refs/tags/").size()}) {
    const auto parsed = parse_tag_ref(ref.substr(cut));
    ASSERT_TRUE(parsed) << ref.substr(cut);
    EXPECT_EQ(parsed->environment, "production/web1");
    EXPECT_EQ(parsed->id, id);
  }
}

TEST(Names, OtherRefsAreNoPoints) {
  EXPECT_FALSE(parse_point_ref("refs/rollback/production/live"));
  EXPECT_FALSE(parse_point_ref("refs/rollback/production/points/latest"));
  EXPECT_FALSE(parse_tag_ref("refs/tags/v1.0"));
  EXPECT_FALSE(parse_tag_ref(std::string("refs/tags/rollback/") + id));
}

TEST(Names, TheRefOfALiveChainIsReadBackAsItWasSpelled) {
  EXPECT_EQ(parse_live_ref(live_ref("production/web1")), "production/web1");
  for (const char* ref :
       {"refs/rollback/live", "refs/rollback//live", "refs/rollback/a/points/live",
        "refs/rollback/production/config", "refs/heads/live"}) {
    EXPECT_FALSE(parse_live_ref(ref)) << ref;
  }
}

TEST(Names, ATrackingRefTellsWhichRefOfTheRecordItFollows) {
  const std::string folder = tracked_refs("origin");
  const std::string point = point_ref("production", id), live = live_ref("production");
  for (const std::string& ref : {point, live, std::string(events_ref)}) {
    EXPECT_EQ(parse_tracked_ref("origin", tracking_ref("origin", ref)), ref);
    EXPECT_FALSE(parse_tracked_ref("other", tracking_ref("origin", ref))) << ref;
  }
  EXPECT_FALSE(parse_tracked_ref("origin", folder + "production/config"));
}

TEST(Names, NothingOfTheRecordIsTrackedInsideIt) {
  EXPECT_FALSE(tracked_refs("origin").starts_with(record_refs));
  EXPECT_EQ(fetch_events_refspec("origin"),
            "+refs/notes/rollback*:refs/rollback-remote-notes/origin/rollback*");
  EXPECT_EQ(fetch_live_refspec("origin"),
            "+refs/rollback/*/live:refs/rollback-remotes/origin/*/live");
  EXPECT_EQ(fetch_points_refspec("origin", "production"),
            "+refs/rollback/production/points/*:"
            "refs/rollback-remotes/origin/production/points/*");
}

TEST(Names, AnIdTellsItsTimeAndTakesANumberWhenTaken) {
  const Time time = *from_stamp("20261123T100000Z");
  const std::string commit = "4f2a91c000000000000000000000000000000000";
  EXPECT_EQ(point_id(time, commit), id);
  EXPECT_EQ(point_id(time, commit, 2), std::string(id) + "-2");
  EXPECT_TRUE(is_point_id(std::string(id) + "-2"));
  EXPECT_EQ(time_of_id(id), time);
  EXPECT_EQ(time_of_id(operation_id(time)), time);
}

TEST(Names, WhatIsNotShapedLikeAnIdIsNone) {
  for (const char* text :
       {"", "20261123T100000Z", "20261123T100000Z-4f2a91", "20261323T100000Z-4f2a91c",
        "20261123T100000Z-4F2A91C", "20261123T100000Z-4f2a91c-", "20261123T100000Z-4f2a91cx"}) {
    EXPECT_FALSE(is_point_id(text)) << text;
  }
}

TEST(Names, AnEnvironmentHasNoSegmentThatIsAWordOfOurs) {
  for (const char* name : {"production", "production/web1", "eu-1.staging"}) {
    EXPECT_TRUE(is_environment(name)) << name;
  }
  for (const std::string name : {"", "a//b", "a/", "live", "a/points", "config/a", "before", "-a",
                                 ".a", "a.lock", "a..b", "a b", "a\nb", id}) {
    EXPECT_FALSE(is_environment(name)) << name;
  }
}

TEST(Names, AComponentIsNotAPartAndHasNoCapitals) {
  EXPECT_TRUE(is_component("playerbot"));
  EXPECT_TRUE(is_component("2d_world-1.x"));
  for (const char* name : {"", "code", "db", "database", "Playerbot", "-x", "a/b", "a b"}) {
    EXPECT_FALSE(is_component(name)) << name;
  }
}

TEST(Names, ATableNameThatIsTooLongIsCutAndStaysDistinct) {
  const std::string stem(60, 'x');
  const std::string a = backup_table(stem + "1", "20261123T100000Z");
  const std::string b = backup_table(stem + "2", "20261123T100000Z");
  EXPECT_LE(a.size(), 64U);
  EXPECT_NE(a, b);
  EXPECT_TRUE(is_table_of_ours(a));
}

TEST(Names, OnlyTablesOfOursAreOurs) {
  EXPECT_TRUE(is_table_of_ours("playerbot_backup_20261123T100000Z"));
  EXPECT_TRUE(is_table_of_ours(incoming_table("playerbot", id)));
  EXPECT_TRUE(is_table_of_ours(displaced_table("playerbot", id)));
  EXPECT_TRUE(is_table_of_ours("git_rollback_backups"));
  EXPECT_FALSE(is_table_of_ours("playerbot_backup_weekly"));
  EXPECT_FALSE(is_table_of_ours("checked_in_2026"));
}

TEST(Names, ATableOfOursTellsWhoseRowsItHolds) {
  const std::string longest(64, 'x');
  for (const std::string& table : {std::string("playerbot"), std::string("log_out_1"), longest}) {
    for (const auto& name :
         {displaced_table(table, id), aside_table(table, id), incoming_table(table, id)}) {
      const auto held = held_rows(name);
      ASSERT_TRUE(held) << name;
      EXPECT_EQ(held->operation, id);
      EXPECT_TRUE(is_cut_to(table, held->table)) << name;
      EXPECT_FALSE(is_cut_to(table.substr(1) + "y", held->table)) << name;
    }
  }
  EXPECT_FALSE(held_rows("playerbot_out_of_gold"));
  EXPECT_FALSE(held_rows(backup_table("playerbot", "20261123T100000Z")));
}

}  // namespace
}  // namespace rollback::names
