#include "database_fixture.h"

#include "part/database/backup_trailer.h"
#include "part/database/table_pattern.h"

namespace rollback {
namespace {

const char* const simple =
    "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT NOT NULL, level INT DEFAULT 1);"
    "CREATE INDEX playerbot_name ON playerbot(name);"
    "CREATE TABLE updates(name TEXT PRIMARY KEY);"
    "INSERT INTO playerbot(name) VALUES ('ann'), ('bob'), ('cid');"
    "INSERT INTO updates VALUES ('001.sql');";

const char* const migrate =
    "ALTER TABLE playerbot ADD COLUMN level2 INT NOT NULL DEFAULT 0;"
    "CREATE INDEX playerbot_level2 ON playerbot(level2);"
    "INSERT INTO updates VALUES ('002.sql');";

TEST(TablePattern, NeverMeansTablesOfOurs) {
  EXPECT_TRUE(is_meant({"playerbot_*"}, "PlayerBot_Items"));
  EXPECT_TRUE(is_meant({"p?ayer*t"}, "playerbot"));
  EXPECT_FALSE(is_meant({"playerbot_?"}, "playerbot_xy"));
  EXPECT_FALSE(is_meant({"*"}, "playerbot_backup_20261123T100000Z"));
  EXPECT_FALSE(is_meant({"*"}, "playerbot_in_20261123T100000Z_4f2a91c"));
  EXPECT_FALSE(is_meant({"*"}, "git_rollback_backups"));
  EXPECT_FALSE(is_meant({"*"}, "sqlite_sequence"));
}

TEST(BackupTrailer, IsReadBackWithDotsInEveryName) {
  const Backup backup{"var/chars.v2.db", "odd.table", "odd.table_backup_x", 12, "ab"};
  Point point;
  point.trailers.push_back(format_backup("bots", backup));
  EXPECT_EQ(point.trailers[0].fields[1], "var/chars.v2.db.odd.table");
  const auto read = read_backups(point, "bots", {"var/chars", "var/chars.v2.db"});
  ASSERT_EQ(read.known.size(), 1U);
  EXPECT_EQ(read.known[0].schema, backup.schema);
  EXPECT_EQ(read.known[0].table, backup.table);
  EXPECT_EQ(read.known[0].rows, 12);
  EXPECT_EQ(read_backups(point, "bots", {"other.db"}).strangers.size(), 1U);
  EXPECT_TRUE(read_backups(point, "else", {"var/chars.v2.db"}).known.empty());
}

TEST_F(DatabaseTest, AUrlWithAPasswordIsRefusedAndNotRepeated) {
  settings_.url = "mysql://root:hunter2@localhost/characters";
  try {
    part();
    FAIL();
  } catch (const Usage& error) {
    EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
  }
}

TEST_F(DatabaseTest, AnUntouchedDatabaseIsAlreadyThere) {
  run(simple);
  const Point point = capture();
  ASSERT_EQ(point.trailers.size(), 3U);
  EXPECT_EQ(point.trailers[0].fields[0], "bots");
  EXPECT_EQ(point.trailers[0].fields[1], "world.db.playerbot");
  EXPECT_EQ(point.trailers[0].fields[2], "playerbot_backup_20261123T100000Z");
  EXPECT_EQ(point.trailers[0].fields[3], "rows=3");
  EXPECT_TRUE(part()->assess(to(point)).already);
  EXPECT_TRUE(part()->steps(part()->prepare(to(point))).swap.empty());
}

TEST_F(DatabaseTest, WithTheSameStructureTodaysRowsAreLeftAlone) {
  run(simple);
  const Point point = capture();
  run("INSERT INTO playerbot(name) VALUES ('dan')");
  const auto assessment = part()->assess(to(point));
  EXPECT_TRUE(assessment.already);
  EXPECT_EQ(assessment.rows_lost, 0);
}

TEST_F(DatabaseTest, WhereNothingWasWrittenThePointIsRestored) {
  run(simple);
  const std::string then = dump();
  const Point point = capture();
  run(migrate);
  const std::string now = dump();
  const auto assessment = part()->assess(to(point));
  EXPECT_FALSE(assessment.obstacle);
  EXPECT_EQ(assessment.rows_lost, 0);
  EXPECT_NE(assessment.details[0].find("playerbot: restore"), std::string::npos);
  const Point left = go_back(to(point));
  EXPECT_EQ(dump(), then);
  EXPECT_TRUE(part()->assess(to(point)).already);

  next_operation();
  EXPECT_FALSE(part()->assess(to(left)).obstacle);
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(DatabaseTest, RowsWrittenSinceAreKeptInThePointsStructure) {
  run(simple);
  const Point point = capture();
  run(migrate);
  run("INSERT INTO playerbot(name, level) VALUES ('dan', 7); DELETE FROM playerbot WHERE id=1;"
      "UPDATE playerbot SET level=9 WHERE id=2");
  const std::string now = dump();
  const auto assessment = part()->assess(to(point));
  ASSERT_FALSE(assessment.obstacle);
  EXPECT_EQ(assessment.rows_lost, 0);
  EXPECT_EQ(assessment.details[0], "playerbot: keep_all, 3 rows stay, column 'level2' goes");
  const Point left = go_back(to(point));
  EXPECT_EQ(value("SELECT group_concat(id || name || level) FROM playerbot"), "2bob9,3cid1,4dan7");
  EXPECT_EQ(value("SELECT count(*) FROM updates"), "1");

  next_operation();
  const auto undo = part()->assess(to(left));
  ASSERT_FALSE(undo.obstacle) << undo.obstacle->reason;
  EXPECT_EQ(undo.rows_lost, 0);
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(DatabaseTest, ValuesInAColumnThatGoesAreCountedAndStopIt) {
  run(simple);
  const Point point = capture();
  run(migrate);
  run("UPDATE playerbot SET level2=5 WHERE id<3");
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_TRUE(assessment.obstacle->for_the_rows);
  ASSERT_EQ(assessment.obstacle->hints.size(), 2U);
  EXPECT_EQ(assessment.obstacle->hints[0],
            "--rows=restore --accept-data-loss=significant  # loses 2 rows");
  EXPECT_EQ(assessment.obstacle->hints[1],
            "--rows=keep_all --accept-data-loss=significant  # loses 2 rows");
  EXPECT_THROW(part()->prepare(to(point)), Refused);
  EXPECT_THROW(part()->prepare(to(point, Rows::restore, 1)), Refused);
  EXPECT_EQ(count_of_ours("*_in_*"), 0);
  EXPECT_EQ(part()->assess(to(point, Rows::restore)).rows_lost, 2);
  go_back(to(point, Rows::restore, 2));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "3");
}

TEST_F(DatabaseTest, AColumnThatIsGoneComesBackFromTheBackup) {
  run(simple);
  run("CREATE TABLE playerbot_text(k TEXT PRIMARY KEY COLLATE NOCASE, old TEXT DEFAULT 'd', v)");
  run("INSERT INTO playerbot_text VALUES ('a', 'one', 1), ('b', x'00ff', 2)");
  const Point point = capture();
  run("ALTER TABLE playerbot DROP COLUMN level; ALTER TABLE playerbot_text DROP COLUMN old;"
      "INSERT INTO playerbot_text VALUES ('c', 3); UPDATE playerbot_text SET v=9 WHERE k='a';"
      "INSERT INTO playerbot VALUES (7, 'eve')");
  const Point left = go_back(to(point));
  EXPECT_EQ(value("SELECT group_concat(k || quote(old) || v) FROM playerbot_text"),
            "a'one'9,bX'00FF'2,c'd'3");
  EXPECT_EQ(value("SELECT level FROM playerbot WHERE id=7"), "1");
}

TEST_F(DatabaseTest, ATableThatIsNewSinceThePointIsDisplacedAndComesBackWithUndo) {
  run(simple);
  const std::string then = dump();
  const Point point = capture();
  run("CREATE TABLE playerbot_new(a UNIQUE, b AS (a+1)); INSERT INTO playerbot_new VALUES (1), (2);"
      "CREATE TRIGGER t AFTER INSERT ON playerbot_new BEGIN SELECT 1; END");
  const std::string now = dump();
  auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_EQ(assessment.obstacle->reason,
            "table 'playerbot_new' is new since the point and holds 2 rows");
  const Point left = go_back(to(point, Rows::keep_all, 2));
  EXPECT_EQ(dump(), then);
  next_operation();
  const Point again = go_back(to(left));
  EXPECT_EQ(dump(), now);
  operation_ = "20261126T110000Z-ccccccc";
  left_ = "20261126T110001Z-4f2a91c";
  go_back(to(again));
  EXPECT_EQ(dump(), then);
}

TEST_F(DatabaseTest, ATableThatIsGoneSinceThePointComesBack) {
  run(simple);
  const std::string then = dump();
  const Point point = capture();
  run("DROP TABLE playerbot");
  const Point left = go_back(to(point));
  EXPECT_EQ(dump(), then);
  next_operation();
  EXPECT_FALSE(part()->assess(to(left)).obstacle);
  go_back(to(left));
  EXPECT_EQ(value("SELECT count(*) FROM sqlite_schema WHERE name='playerbot'"), "0");
}

TEST_F(DatabaseTest, UndoOfARestoreGivesDisplacedRowsBackOrCountsWhatWasWritten) {
  run(simple);
  const Point point = capture();
  run("INSERT INTO playerbot(name) VALUES ('dan'), ('eve')");
  const std::string now = dump();
  EXPECT_EQ(part()->assess(to(point, Rows::restore)).rows_lost, 2);
  const Point left = go_back(to(point, Rows::restore, 2));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "3");
  auto undo = part()->assess(to(left));
  EXPECT_FALSE(undo.obstacle);
  EXPECT_FALSE(undo.already);
  EXPECT_EQ(undo.rows_lost, 0);

  run("INSERT INTO playerbot(id, name) VALUES (77, 'fay')");
  undo = part()->assess(to(left));
  ASSERT_TRUE(undo.obstacle);
  EXPECT_TRUE(undo.obstacle->for_the_rows);
  EXPECT_EQ(part()->assess(to(left, Rows::restore)).rows_lost, 1);

  run("DELETE FROM playerbot WHERE id=77");
  next_operation();
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(DatabaseTest, ADamagedOrMissingBackupIsNamed) {
  run(simple);
  const Point point = capture();
  run(migrate);
  run("UPDATE playerbot_backup_20261123T100000Z SET name='eve' WHERE id=2");
  try {
    part()->prepare(to(point, Rows::restore, 100));
    FAIL();
  } catch (const Refused& error) {
    EXPECT_NE(std::string(error.what()).find("'playerbot'"), std::string::npos) << error.what();
  }
  EXPECT_EQ(count_of_ours("*_in_*"), 0);
  run("DROP TABLE playerbot_backup_20261123T100000Z");
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_FALSE(assessment.obstacle->for_the_rows);
}

TEST_F(DatabaseTest, ViewsAndVirtualTablesStayAsTheyAre) {
  run(simple);
  const Point point = capture();
  run("CREATE VIEW playerbot_view AS SELECT * FROM playerbot;"
      "CREATE VIRTUAL TABLE playerbot_fts USING fts5(a)");
  EXPECT_TRUE(part()->assess(to(point)).already);
}

TEST_F(DatabaseTest, ATableThatBecameAViewIsRefusedByName) {
  run(simple);
  const Point point = capture();
  run("ALTER TABLE playerbot RENAME TO old; CREATE VIEW playerbot AS SELECT * FROM old");
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_NE(assessment.obstacle->reason.find("'playerbot' is a view"), std::string::npos);
}

TEST_F(DatabaseTest, WhatWasCopiedForAPointThatIsForgottenGoes) {
  run(simple);
  const Point kept = capture();
  part()->forget("20261123T235959Z-0000000");
  EXPECT_TRUE(part()->assess(to(kept)).already);
  part()->forget(kept.id);
  EXPECT_TRUE(part()->assess(to(kept)).obstacle);
}

TEST_F(DatabaseTest, WithoutABackupThePointGoesOnWhereThatIsAsked) {
  run("CREATE TABLE playerbot(rowid TEXT, _rowid_ TEXT, oid TEXT)");
  EXPECT_THROW(capture(), Refused);
  settings_.without_on_backup_failure = true;
  const Point point = capture();
  EXPECT_TRUE(point.trailers.empty());
  EXPECT_FALSE(point.holds("bots", Kind::database));
  ASSERT_EQ(notices_.size(), 1U);
}

}  // namespace
}  // namespace rollback
