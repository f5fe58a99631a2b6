#include "mysql_part_fixture.h"
#include "os/notice.h"

namespace rollback::mysql {
namespace {

const char* const simple =
    "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL,"
    " level INT DEFAULT 1, KEY playerbot_name(name));"
    "CREATE TABLE updates(name VARCHAR(50) PRIMARY KEY);"
    "INSERT INTO playerbot(name) VALUES ('ann'), ('bob'), ('cid');"
    "INSERT INTO updates VALUES ('001.sql');";

const char* const migrate =
    "ALTER TABLE playerbot ADD COLUMN level2 INT NOT NULL DEFAULT 0;"
    "CREATE INDEX playerbot_level2 ON playerbot(level2);"
    "INSERT INTO updates VALUES ('002.sql');";

class MysqlPart : public MysqlPartTest {};

TEST_F(MysqlPart, ADatabaseThatTheServerHasNotIsAnErrorAndNoBeginning) {
  settings_.url = "mysql:///nowhere?socket=" + server().socket();
  EXPECT_TRUE(part()->present());
  try {
    capture();
    FAIL();
  } catch (const Fatal& error) {
    EXPECT_STREQ(error.what(), "the server has no database 'nowhere'");
  }
  settings_.without_on_backup_failure = true;
  capture();
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_NE(notices_[0].find("the server has no database 'nowhere'"), std::string::npos);
}

TEST_F(MysqlPart, GivesNoticeOfAPatternThatMeansNoTable) {
  run(simple);
  settings_.tables = {"playerbot", "plyerbot_*"};
  settings_.sessions = {"sesion"};
  std::string notices;
  set_notice_listener([&](const Notice& notice) { notices += notice.text + "; "; });
  const Point point = capture();
  set_notice_listener({});
  EXPECT_EQ(notices,
            "no table of database 'world' is meant by 'plyerbot_*' in `tables:`; no table of "
            "database 'world' is meant by 'sesion' in `sessions:`, so rows that were to stay go "
            "back like all others; ");
  EXPECT_NE(part()->assess(to(point)).details.back().find("'sesion' in `sessions:`"),
            std::string::npos);
}

TEST_F(MysqlPart, ABackupDropsWhatACallHadBuiltWhenItWasCutOff) {
  run(simple);
  capture();
  run("CREATE TABLE playerbot_in_20240123T100000Z_abcdef0(id INT);"
      "INSERT INTO git_rollback_backups SELECT '20240123T100000Z-abcdef0', component,"
      " 'playerbot_in_20240123T100000Z_abcdef0', 'playerbot_in_20240123T100000Z_abcdef0', 'copy',"
      " definition, 0, '', 'calling', '', 0 FROM git_rollback_backups LIMIT 1");
  capture("20261123T110000Z-4f2a91c");
  EXPECT_EQ(count_of_ours("%\\_in\\_%"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM git_rollback_backups WHERE state = 'calling'"), "0");
}

TEST_F(MysqlPart, ADefaultOfOtherColumnsIsNotTheDefaultOfAnyRow) {
  run(simple);
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN twice VARCHAR(40) DEFAULT (concat(name, name))");
  const Assessment seen = part()->assess(to(point, Rows::keep_all));
  EXPECT_EQ(seen.rows_lost, 3);
  go_back(to(point, Rows::keep_all, 3));
  EXPECT_EQ(value("SELECT group_concat(name ORDER BY id) FROM playerbot"), "ann,bob,cid");
}

TEST_F(MysqlPart, AnUntouchedDatabaseIsAlreadyThere) {
  run(simple);
  const Point point = capture();
  ASSERT_EQ(point.trailers.size(), 3U);
  EXPECT_EQ(point.trailers[0].fields[0], "bots");
  EXPECT_EQ(point.trailers[0].fields[1], "world.playerbot");
  EXPECT_EQ(point.trailers[0].fields[2], "playerbot_backup_20261123T100000Z");
  EXPECT_EQ(point.trailers[0].fields[3], "rows=3");
  EXPECT_TRUE(part()->assess(to(point)).already);
  EXPECT_TRUE(part()->steps(part()->prepare(to(point))).swap.empty());
}

TEST_F(MysqlPart, WithTheSameStructureTodaysRowsAreLeftAlone) {
  run(simple);
  const Point point = capture();
  run("INSERT INTO playerbot(name) VALUES ('dan')");
  const auto assessment = part()->assess(to(point));
  EXPECT_TRUE(assessment.already);
  EXPECT_EQ(assessment.rows_lost, 0);
}

TEST_F(MysqlPart, WhereNothingWasWrittenThePointIsRestored) {
  run(simple);
  const std::string then = dump();
  const Point point = capture();
  run(migrate);
  const std::string now = dump();
  const auto assessment = part()->assess(to(point));
  EXPECT_FALSE(assessment.obstacle) << assessment.obstacle->reason;
  EXPECT_EQ(assessment.rows_lost, 0);
  EXPECT_NE(assessment.details[0].find("playerbot: restore"), std::string::npos);
  const Point left = go_back(to(point));
  EXPECT_EQ(dump(), then);
  EXPECT_TRUE(part()->assess(to(point)).already);

  next_operation();
  EXPECT_FALSE(part()->assess(to(left)).obstacle);
  go_back(to(left));
  EXPECT_EQ(dump(), now);
  EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0");
}

TEST_F(MysqlPart, RowsWrittenSinceAreKeptInThePointsStructure) {
  run(simple);
  const Point point = capture();
  run(migrate);
  run("INSERT INTO playerbot(name, level) VALUES ('dan', 7); DELETE FROM playerbot WHERE id=1;"
      "UPDATE playerbot SET level=9 WHERE id=2");
  const std::string now = dump();
  const auto assessment = part()->assess(to(point));
  ASSERT_FALSE(assessment.obstacle) << assessment.obstacle->reason;
  EXPECT_EQ(assessment.rows_lost, 0);
  EXPECT_EQ(assessment.details[0], "playerbot: keep_all, 3 rows stay, column 'level2' goes");
  const Point left = go_back(to(point));
  EXPECT_EQ(value("SELECT group_concat(id, name, level ORDER BY id) FROM playerbot"),
            "2bob9,3cid1,4dan7");
  EXPECT_EQ(value("SELECT count(*) FROM updates"), "1");
  run("INSERT INTO playerbot(name) VALUES ('eve')");
  EXPECT_EQ(value("SELECT id FROM playerbot WHERE name='eve'"), "5");
  run("DELETE FROM playerbot WHERE name='eve'");

  next_operation();
  const auto undo = part()->assess(to(left));
  ASSERT_FALSE(undo.obstacle) << undo.obstacle->reason;
  EXPECT_EQ(undo.rows_lost, 0);
  go_back(to(left));
  EXPECT_EQ(value("SELECT group_concat(id, name, level, level2 ORDER BY id) FROM playerbot"),
            "2bob90,3cid10,4dan70");
}

TEST_F(MysqlPart, ValuesInAColumnThatGoesAreCountedAndStopIt) {
  run(simple);
  const Point point = capture();
  run(migrate);
  run("UPDATE playerbot SET level2=5 WHERE id<3");
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_TRUE(assessment.obstacle->for_the_rows);
  ASSERT_EQ(assessment.obstacle->hints.size(), 3U);
  EXPECT_EQ(assessment.obstacle->hints[0],
            "--rows=restore --accept-data-loss=significant  # loses 2 rows");
  EXPECT_EQ(assessment.obstacle->hints[1],
            "--rows=keep_all --accept-data-loss=significant  # loses 2 rows");
  EXPECT_THROW(part()->prepare(to(point)), Refused);
  EXPECT_THROW(part()->prepare(to(point, Rows::restore, 1)), Refused);
  EXPECT_EQ(count_of_ours("%\\_in\\_%"), "0");
  EXPECT_EQ(part()->assess(to(point, Rows::restore)).rows_lost, 2);
  go_back(to(point, Rows::restore, 2));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "3");
}

TEST_F(MysqlPart, NewRowsAreAddedToThePoints) {
  run(simple);
  const Point point = capture();
  run(migrate);
  run("INSERT INTO playerbot(name, level) VALUES ('dan', 7), ('eve', 8);"
      "DELETE FROM playerbot WHERE id=1; UPDATE playerbot SET level=9 WHERE id=2");
  const auto assessment = part()->assess(to(point, Rows::keep_new));
  ASSERT_FALSE(assessment.obstacle) << assessment.obstacle->reason;
  EXPECT_EQ(assessment.rows_lost, 1);
  EXPECT_EQ(assessment.details[0],
            "playerbot: keep_new, 3 rows of the point and 2 rows inserted since, 1 row lost");
  go_back(to(point, Rows::keep_new, 1));
  EXPECT_EQ(value("SELECT group_concat(id, name, level ORDER BY id) FROM playerbot"),
            "1ann1,2bob1,3cid1,4dan7,5eve8");
  EXPECT_EQ(value("SELECT count(*) FROM playerbot_out_20261124T110000Z_aaaaaaa"), "4");
}

TEST_F(MysqlPart, AColumnThatIsGoneComesBackFromTheBackup) {
  run(simple);
  const Point point = capture();
  run("UPDATE playerbot SET level=7 WHERE id=3");
  run("ALTER TABLE playerbot DROP COLUMN level; INSERT INTO playerbot VALUES (7, 'eve');"
      "UPDATE playerbot SET name='bea' WHERE id=2");
  const auto assessment = part()->assess(to(point));
  ASSERT_FALSE(assessment.obstacle) << assessment.obstacle->reason;
  go_back(to(point));
  EXPECT_EQ(value("SELECT group_concat(id, name, level ORDER BY id) FROM playerbot"),
            "1ann1,2bea1,3cid1,7eve1");
}

TEST_F(MysqlPart, ATableThatIsNewSinceThePointIsDisplacedAndComesBackWithUndo) {
  run(simple);
  const std::string then = dump();
  const Point point = capture();
  run("CREATE TABLE playerbot_new(a INT UNIQUE, b INT AS (a+1)); INSERT INTO playerbot_new(a)"
      " VALUES (1), (2); CREATE TRIGGER t AFTER INSERT ON playerbot_new FOR EACH ROW SET @x = 1");
  const std::string now = dump();
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_EQ(assessment.obstacle->reason,
            "table 'playerbot_new' is new since the point and holds 2 rows");
  const Point left = go_back(to(point, Rows::keep_all, 2));
  EXPECT_EQ(dump(), then);
  next_operation();
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlPart, ATableThatIsGoneSinceThePointComesBack) {
  run(simple);
  const std::string then = dump();
  const Point point = capture();
  run("DROP TABLE playerbot");
  go_back(to(point));
  EXPECT_EQ(dump(), then);
}

TEST_F(MysqlPart, WhatWasWrittenAfterTheSwapGoesBackWithARevert) {
  run(simple);
  const Point point = capture();
  run(migrate);
  run("INSERT INTO playerbot(name, level, level2) VALUES ('dan', 7, 0)");
  const std::string now = dump();
  const std::string prepared = part()->prepare(to(point));
  run("INSERT INTO playerbot(name) VALUES ('between')");
  swap(prepared);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "5");
  run("INSERT INTO playerbot(name) VALUES ('eve'); UPDATE playerbot SET level=30 WHERE id=1;"
      "DELETE FROM playerbot WHERE name='between'");
  revert(prepared);
  EXPECT_EQ(value("SELECT group_concat(name, level, level2 ORDER BY id) FROM playerbot"),
            "ann300,bob10,cid10,dan70,eve10");
  part()->discard(operation_);
  part()->discard(operation_);
  EXPECT_EQ(count_of_ours("%\\_in\\_2%"), "0");
  EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0");
}

TEST_F(MysqlPart, ADiscardedPreparationLeavesNothing) {
  run(simple);
  const Point point = capture();
  run(migrate);
  const std::string now = dump();
  part()->prepare(to(point));
  EXPECT_NE(count_of_ours("%\\_in\\_2%"), "0");
  part()->discard(operation_);
  EXPECT_EQ(dump(), now);
  EXPECT_EQ(count_of_ours("%\\_in\\_2%"), "0");
  EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0");
}

TEST_F(MysqlPart, SessionTablesKeepTodaysRows) {
  settings_.sessions = {"playerbot_session"};
  run(simple);
  run("CREATE TABLE playerbot_session(id INT PRIMARY KEY, who VARCHAR(10));"
      "INSERT INTO playerbot_session VALUES (1, 'ann')");
  const Point point = capture();
  run(migrate);
  run("INSERT INTO playerbot_session VALUES (2, 'bob'); INSERT INTO playerbot(name) VALUES "
      "('dan')");
  go_back(to(point, Rows::restore, 1));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "3");
  EXPECT_EQ(value("SELECT count(*) FROM playerbot_session"), "2");
}

// Their structure goes back, although no word of `tables:` means them.
TEST_F(MysqlPart, SessionTablesAreOfTheSetByThemselves) {
  settings_.sessions = {"sessions"};
  run(simple);
  run("CREATE TABLE sessions(id INT PRIMARY KEY); INSERT INTO sessions VALUES (1)");
  const Point point = capture();
  EXPECT_EQ(point.trailers.size(), 4U);
  run("ALTER TABLE sessions ADD COLUMN who INT AFTER id; INSERT INTO sessions(id) VALUES (2)");
  go_back(to(point));
  EXPECT_EQ(value("SELECT group_concat(id) FROM sessions"), "1,2");
  EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'world'"
                  " AND table_name = 'sessions'"),
            "1");
}

TEST_F(MysqlPart, ValuesThatThePointsTypeWouldBendAreALoss) {
  run(simple);
  const Point point = capture();
  run("ALTER TABLE playerbot MODIFY level DECIMAL(6,2); INSERT INTO playerbot(name, level)"
      " VALUES ('dan', 9.49), ('eve', 8)");
  try {
    part()->prepare(to(point));
    FAIL();
  } catch (const Refused& error) {
    EXPECT_NE(std::string(error.what()).find("1 row of"), std::string::npos) << error.what();
  }
  go_back(to(point, Rows::keep_all, 1));
  EXPECT_EQ(value("SELECT group_concat(level ORDER BY id) FROM playerbot"), "1,1,1,9,8");
  EXPECT_EQ(value("SELECT level FROM playerbot_out_20261124T110000Z_aaaaaaa WHERE id=4"), "9.49");
}

TEST_F(MysqlPart, HistoryOfAVersionedTableComesBack) {
  if (!testing::MysqlServer::is_mariadb()) GTEST_SKIP() << "MySQL has no system versioning";
  run("CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(9)) WITH SYSTEM VERSIONING;"
      "INSERT INTO playerbot VALUES (1, 'ann'), (2, 'bob'); UPDATE playerbot SET name='ada'"
      " WHERE id=1; DELETE FROM playerbot WHERE id=2");
  const std::string history =
      "SELECT group_concat(id, name, row_start, row_end ORDER BY id, row_start)"
      " FROM playerbot FOR SYSTEM_TIME ALL";
  const std::string then = value(history);
  const Point point = capture();
  run("SET @@system_versioning_alter_history = KEEP; ALTER TABLE playerbot ADD COLUMN level INT");
  go_back(to(point, Rows::restore, 100));
  EXPECT_EQ(value(history), then);
}

TEST_F(MysqlPart, NewRowsAreNotAddedWhereAHistoryWouldBeLost) {
  if (!testing::MysqlServer::is_mariadb()) GTEST_SKIP() << "MySQL has no system versioning";
  run("CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(9)) WITH SYSTEM VERSIONING;"
      "INSERT INTO playerbot VALUES (1, 'ann'); UPDATE playerbot SET name='ada'");
  const Point point = capture();
  run("INSERT INTO playerbot VALUES (2, 'bob'); SET @@system_versioning_alter_history = KEEP;"
      "ALTER TABLE playerbot ADD COLUMN level INT");
  const auto assessment = part()->assess(to(point, Rows::keep_new));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_EQ(
      assessment.obstacle->reason,
      "the new rows of 'playerbot' cannot be added to the point's: its history would be lost");
  EXPECT_THROW(part()->prepare(to(point, Rows::keep_new, 100)), Refused);
}

TEST_F(MysqlPart, ATableWithPeriodsThatDoNotOverlapGoesBack) {
  if (!testing::MysqlServer::is_mariadb()) GTEST_SKIP() << "MySQL has no periods";
  run("CREATE TABLE playerbot(id INT, a DATE, b DATE, PERIOD FOR p(a, b),"
      " PRIMARY KEY (id, p WITHOUT OVERLAPS));"
      "CREATE TABLE playerbot_room(id INT NOT NULL, a DATE, b DATE, PERIOD FOR p(a, b),"
      " UNIQUE (id, p WITHOUT OVERLAPS));"
      "INSERT INTO playerbot VALUES (1, '2026-01-01', '2026-02-01'),"
      " (1, '2026-02-01', '2026-03-01'); INSERT INTO playerbot_room SELECT * FROM playerbot");
  const std::string then = dump();
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN what INT; ALTER TABLE playerbot_room ADD COLUMN what INT");
  go_back(to(point));
  EXPECT_EQ(dump(), then);
  run("ALTER TABLE playerbot ADD COLUMN what INT; INSERT INTO playerbot VALUES"
      " (2, '2026-01-01', '2026-02-01', NULL)");
  next_operation();
  const std::string prepared = part()->prepare(to(point));
  run("UPDATE playerbot FOR PORTION OF p FROM '2026-01-10' TO '2026-01-20' SET id = 3 WHERE id = "
      "1");
  swap(prepared);
  EXPECT_EQ(value("SELECT group_concat(id, ':', a, ':', b ORDER BY id, a) FROM playerbot"),
            "1:2026-01-01:2026-01-10,1:2026-01-20:2026-02-01,1:2026-02-01:2026-03-01,"
            "2:2026-01-01:2026-02-01,3:2026-01-10:2026-01-20");
}

TEST_F(MysqlPart, APointIsVerifiedAndItsTablesAreKnown) {
  run(simple);
  const Point point = capture();
  EXPECT_TRUE(part()->verify(point).empty());
  auto kept = part()->kept();
  ASSERT_EQ(kept.tables.size(), 2U);
  part()->measure(kept.tables);
  EXPECT_GT(kept.tables[0].bytes, 0);
  run("UPDATE playerbot_backup_20261123T100000Z SET level = 5 WHERE id = 1");
  EXPECT_EQ(part()->verify(point).size(), 1U);
  EXPECT_TRUE(part()->remove_kept(point.id));
  EXPECT_EQ(count_of_ours("%\\_backup\\_2%"), "0");
}

TEST_F(MysqlPart, ATableOfWhichNothingIsKeptStaysAsItIs) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY); CREATE TABLE playerbot_log(what INT)");
  settings_.backup.patterns = {{"playerbot_log", BackupMode::none}};
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN extra INT; INSERT INTO playerbot_log VALUES (1), (2)");
  const Assessment assessment = part()->assess(to(point));
  EXPECT_FALSE(assessment.obstacle) << assessment.obstacle->reason;
  EXPECT_EQ(assessment.rows_lost, 0);
  go_back(to(point));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot_log"), "2");
}

}  // namespace
}  // namespace rollback::mysql
