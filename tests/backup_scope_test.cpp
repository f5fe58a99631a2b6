#include "part/database/backup_scope.h"

#include <gtest/gtest.h>

namespace rollback {
namespace {

TEST(BackupScope, FindsATableAsAWholeWordAlone) {
  EXPECT_TRUE(names_table("alter table `Playerbot` add x int", "playerbot"));
  EXPECT_TRUE(names_table("playerbot", "playerbot"));
  EXPECT_TRUE(names_table("UPDATE world.playerbot;", "playerbot"));
  EXPECT_FALSE(names_table("ALTER TABLE playerbot_pair ADD x INT", "playerbot"));
  EXPECT_FALSE(names_table("ALTER TABLE my$playerbot ADD x INT", "playerbot"));
  EXPECT_FALSE(names_table("ALTER TABLE \xc3\xa9playerbot ADD x INT", "playerbot"));
  EXPECT_TRUE(names_table("xx playerbot2 playerbot", "playerbot"));
  EXPECT_TRUE(names_table("ALTER TABLE `a-b` ADD x INT", "a-b"));
  EXPECT_FALSE(names_table("anything", ""));
}

TEST(BackupScope, AutomaticKeepsRowsWhereTheyMayBeNeeded) {
  DatabaseSettings settings;
  settings.ledger = {"updates"};
  settings.full_below_bytes = 1000;
  const Occasion known{"p", std::vector<std::string>{"ALTER TABLE big ADD x INT"}};
  const Occasion unknown{"p", std::nullopt};
  EXPECT_EQ(backup_mode(settings, known, "big", 5000), BackupMode::full);
  EXPECT_EQ(backup_mode(settings, known, "other", 5000), BackupMode::structure);
  EXPECT_EQ(backup_mode(settings, known, "other", 999), BackupMode::full);
  EXPECT_EQ(backup_mode(settings, known, "updates", 5000), BackupMode::full);
  EXPECT_EQ(backup_mode(settings, unknown, "other", 5000), BackupMode::full);
}

TEST(BackupScope, AWordForTheTableIsStronger) {
  DatabaseSettings settings;
  settings.ledger = {"updates"};
  settings.backup.patterns = {{"log_*", BackupMode::none}, {"*", BackupMode::structure}};
  const Occasion occasion{"p", std::nullopt};
  EXPECT_EQ(backup_mode(settings, occasion, "log_2026", 1), BackupMode::none);
  EXPECT_EQ(backup_mode(settings, occasion, "playerbot", 1), BackupMode::structure);
  EXPECT_EQ(backup_mode(settings, occasion, "updates", 1), BackupMode::full);
}

}  // namespace
}  // namespace rollback
