#include "database_fixture.h"

namespace rollback {
namespace {

class SqliteSwap : public BothJournals {};
INSTANTIATE_TEST_SUITE_P(Journal, SqliteSwap, testing::Bool(),
                         [](const auto& mode) { return mode.param ? "Wal" : "Delete"; });

const char* const odd =
    "CREATE TABLE parent(id INTEGER PRIMARY KEY, x TEXT UNIQUE);"
    "INSERT INTO parent VALUES (1,'p'),(2,'q');"
    "CREATE TABLE [playerbot_o\"d'd select](\"group\" TEXT, `or``der` INT -- a, comment (\n"
    ", [a b] REAL, PRIMARY KEY(\"group\", `or``der`)) WITHOUT ROWID;"
    "INSERT INTO [playerbot_o\"d'd select] VALUES ('b', 2, 1), ('a', 3, 2.5), ('b', 1, 1e300);"
    "CREATE INDEX \"in dex\" ON [playerbot_o\"d'd select]([a b] DESC, lower(\"group\"));"
    "CREATE TABLE playerbot_strict(id INTEGER PRIMARY KEY AUTOINCREMENT, a ANY, t TEXT NOT NULL"
    " COLLATE NOCASE UNIQUE ON CONFLICT REPLACE, CHECK (playerbot_strict.id > 0)) STRICT;"
    "INSERT INTO playerbot_strict(a, t) VALUES (1, 'x'), ('1', 'y'), (x'01', 'z');"
    "DELETE FROM playerbot_strict WHERE t='z';"
    "CREATE TABLE playerbot_gen(a INT, v AS (a*2), s TEXT AS (a || 'x') STORED, b DEFAULT (1+1),"
    " p REFERENCES parent(id) ON DELETE SET NULL ON UPDATE NO ACTION NOT DEFERRABLE NOT NULL,"
    " CONSTRAINT k FOREIGN KEY (a) REFERENCES parent(id) MATCH SIMPLE, UNIQUE(a, p));"
    "CREATE UNIQUE INDEX gen_part ON playerbot_gen(s) WHERE playerbot_gen.a > 1;"
    "INSERT INTO playerbot_gen(a, p) VALUES (1, 1), (2, 2);"
    "CREATE TABLE playerbot_types(a, b TEXT, c INTEGER, d NUMERIC, e BLOB, f REAL);"
    "INSERT INTO playerbot_types VALUES (9223372036854775807, 'a' || char(0) || 'b', x'00ff', 1.5,"
    " '', 3), (-9223372036854775808, NULL, 'text', '0x10', zeroblob(3), 9e999),"
    " (0.1, '1', 1e300, -0.0, 'x', '12abc');"
    "DELETE FROM playerbot_types WHERE rowid=2;"
    "ALTER TABLE playerbot_types ADD COLUMN short INT DEFAULT '7';"
    "CREATE TABLE child(p REFERENCES playerbot_strict(t) ON DELETE CASCADE);"
    "CREATE VIEW seen AS SELECT a, v FROM playerbot_gen;"
    "CREATE TABLE log(x);"
    "CREATE TRIGGER gen_log AFTER INSERT ON playerbot_gen BEGIN INSERT INTO log VALUES (new.a); "
    "END;"
    "CREATE TRIGGER other AFTER DELETE ON parent BEGIN DELETE FROM playerbot_gen WHERE p=old.id; "
    "END;"
    "ANALYZE;";

TEST_P(SqliteSwap, GivesEveryKindOfTableBackWordForWord) {
  run(odd);
  const std::string then = dump();
  const Point point = capture();
  run("ALTER TABLE playerbot_strict ADD COLUMN n INT DEFAULT 3;"
      "ALTER TABLE playerbot_gen ADD COLUMN n TEXT;"
      "ALTER TABLE playerbot_types DROP COLUMN f;"
      "DROP INDEX \"in dex\"; DROP TRIGGER gen_log; DROP TABLE child;"
      "CREATE TABLE child(p REFERENCES playerbot_strict(t) ON DELETE CASCADE)");
  const std::string now = dump();
  const auto assessment = part()->assess(to(point));
  ASSERT_FALSE(assessment.obstacle) << assessment.obstacle->reason;
  const Point left = go_back(to(point, Rows::restore));
  EXPECT_EQ(dump(), then);
  EXPECT_EQ(value("SELECT seq FROM sqlite_sequence WHERE name='playerbot_strict'"), "3");
  next_operation();
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_P(SqliteSwap, KeepsTodaysRowsOfEveryKindOfTable) {
  run(odd);
  run("ALTER TABLE playerbot_types ADD COLUMN k INTEGER");
  const Point point = capture();
  run("ALTER TABLE playerbot_strict ADD COLUMN n INT DEFAULT 3;"
      "ALTER TABLE [playerbot_o\"d'd select] ADD COLUMN n TEXT;"
      "INSERT INTO [playerbot_o\"d'd select] VALUES ('c', 1, 1, NULL);"
      "INSERT INTO playerbot_strict(a, t) VALUES (5, 'w'); DELETE FROM playerbot_strict WHERE "
      "id=1");
  const auto assessment = part()->assess(to(point));
  ASSERT_FALSE(assessment.obstacle) << assessment.obstacle->reason;
  const std::string now = dump();
  const Point left = go_back(to(point));
  EXPECT_EQ(value("SELECT group_concat(id || t) FROM (SELECT * FROM playerbot_strict ORDER BY id)"),
            "2y,4w");
  EXPECT_EQ(value("SELECT seq FROM sqlite_sequence WHERE name='playerbot_strict'"), "4");
  EXPECT_EQ(value("SELECT count(*) FROM [playerbot_o\"d'd select]"), "4");
  next_operation();
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_P(SqliteSwap, DisplacedTablesActOnNothingAndOthersKeysGoOn) {
  run(odd);
  const Point point = capture();
  run("ALTER TABLE playerbot_gen ADD COLUMN n; ALTER TABLE playerbot_strict ADD COLUMN n INT");
  const std::string prepared = part()->prepare(to(point));
  // Nothing of ours may stop a parent from being changed while we wait either.
  run("PRAGMA foreign_keys=ON; DELETE FROM child; DELETE FROM playerbot_gen WHERE a=2;"
      "DELETE FROM parent WHERE id=2; INSERT INTO child VALUES ('y');");
  EXPECT_THROW(swap(prepared), Refused);
  part()->discard(operation_);
  const Point left = go_back(to(point, Rows::restore));
  run("PRAGMA foreign_keys=ON; DELETE FROM playerbot_gen; DELETE FROM parent;");
  EXPECT_EQ(value("SELECT count(*) FROM " + std::string("child")), "1");
  run("PRAGMA foreign_keys=ON; DELETE FROM playerbot_strict WHERE t='y'");
  EXPECT_EQ(value("SELECT count(*) FROM child"), "0");
}

TEST_P(SqliteSwap, RowsWrittenBetweenPrepareAndSwapAreCarriedOver) {
  run(bots);
  const Point point = capture();
  run(later);
  run("UPDATE playerbot SET level=level+1 WHERE id=1; DELETE FROM playerbot_pair WHERE b=1");
  const std::string prepared = part()->prepare(to(point));
  run("INSERT INTO playerbot(name, level) VALUES ('new', 1); DELETE FROM playerbot WHERE id=5;"
      "UPDATE playerbot SET id=id+100000 WHERE id=6; UPDATE playerbot SET name='swap' WHERE id=7;"
      "UPDATE playerbot SET name='bot7' WHERE id=8; UPDATE playerbot SET name='bot8' WHERE id=7;"
      "INSERT OR REPLACE INTO playerbot(id, name, level) VALUES (900000, 'bot9', 1);"
      "REPLACE INTO playerbot_pair VALUES ('bot2', 2, 'r', 0), ('z', 0, 'n', 0);"
      "DELETE FROM playerbot_pair WHERE b=3; UPDATE playerbot_pair SET b=4000 WHERE b=4");
  const std::string bot = "SELECT group_concat(id || name || level) FROM playerbot";
  const std::string pair = "SELECT group_concat(a || b || v) FROM playerbot_pair";
  const std::string expected = value(bot) + value(pair);
  swap(prepared);
  EXPECT_EQ(value(bot) + value(pair), expected);
  finish(prepared);
  EXPECT_EQ(count_of_ours("git_rollback_*_before*") + count_of_ours("git_rollback_*_after*"), 0);
}

TEST_P(SqliteSwap, AVacuumMeanwhileLosesNothing) {
  run("CREATE TABLE playerbot(k TEXT PRIMARY KEY, v);"
      "INSERT INTO playerbot VALUES ('a',1),('b',2),('c',3),('d',4); DELETE FROM playerbot WHERE "
      "v<3");
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN n; UPDATE playerbot SET v=5 WHERE k='c'");
  const std::string prepared = part()->prepare(to(point));
  run("UPDATE playerbot SET v=6 WHERE k='d'; VACUUM; INSERT INTO playerbot VALUES ('e', 7, NULL)");
  swap(prepared);
  EXPECT_EQ(value("SELECT group_concat(k || v) FROM (SELECT * FROM playerbot ORDER BY k)"),
            "c5,d6,e7");
  finish(prepared);
}

TEST_P(SqliteSwap, ARestoreStopsWhenRowsWereWrittenMeanwhile) {
  run(bots);
  const Point point = capture();
  run(later);
  const std::string prepared = part()->prepare(to(point));
  run("INSERT INTO playerbot(name) VALUES ('late')");
  const std::string now = dump();
  auto steps = part()->steps(prepared);
  ASSERT_EQ(steps.swap.size(), 1U);
  EXPECT_THROW(steps.swap[0]->apply(), Refused);
  EXPECT_EQ(steps.swap[0]->observe().what, Observation::before);
  part()->discard(operation_);
  part()->discard(operation_);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE name='late'"), "1");
  EXPECT_EQ(count_of_ours("git_rollback_2*") + count_of_ours("*_in_2*"), 0);
  go_back(to(point));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE name='late'"), "1");
}

TEST_P(SqliteSwap, ARevertKeepsWhatTheServiceWroteToTheNewTables) {
  run(bots);
  const Point point = capture();
  run(later);
  run("UPDATE playerbot SET level=99 WHERE id=2; DELETE FROM playerbot_pair WHERE b=7");
  const std::string now = dump();
  const std::string prepared = part()->prepare(to(point));
  swap(prepared);
  run("INSERT INTO playerbot VALUES (70000, 'served', 3); UPDATE playerbot SET level=50 WHERE id=3;"
      "DELETE FROM playerbot WHERE id=4; INSERT INTO playerbot_pair VALUES ('s', 1, 1)");
  auto step = std::move(part()->steps(prepared).swap[0]);
  step->revert();
  step->revert();
  EXPECT_EQ(step->observe().what, Observation::before);
  expect_sound();
  EXPECT_EQ(value("SELECT group_concat(id || name || level || extra) FROM playerbot WHERE id IN "
                  "(2, 3, 4, 70000)"),
            "2bot2990,3bot3500,70000served30");
  EXPECT_EQ(value("SELECT a || b || v || extra FROM playerbot_pair WHERE a='s'"), "s110");
  EXPECT_TRUE(rows_set_aside("bots", {settings_}, folder_, Git(), operation_).empty());
  // Forward again, with what was written in between.
  run("INSERT INTO playerbot(id, name) VALUES (70001, 'between')");
  step->apply();
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE id >= 70000"), "2");
  step->revert();
  part()->discard(operation_);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE id >= 70000"), "2");
  EXPECT_EQ(count_of_ours("git_rollback_2*") + count_of_ours("*_in_2*"), 0);
  expect_sound();
}

TEST_P(SqliteSwap, ARevertOfARestoreSetsAsideWhatTheServiceWrote) {
  run(bots);
  const Point point = capture();
  run("INSERT INTO playerbot VALUES (60000, 'mine', 1)");
  const std::string now = dump();
  const std::string prepared = part()->prepare(to(point, Rows::restore, 1));
  swap(prepared);
  const std::string then = value("SELECT group_concat(name) FROM playerbot");
  run("INSERT INTO playerbot VALUES (60000, 'served', 1); UPDATE playerbot SET level=1000 WHERE "
      "id=1");
  auto step = std::move(part()->steps(prepared).swap[0]);
  step->revert();
  EXPECT_EQ(dump(), now);
  const auto lines = rows_set_aside("bots", {settings_}, folder_, Git(), operation_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].substr(0, 22), "2 rows of 'playerbot' ");
  step->apply();
  EXPECT_EQ(value("SELECT group_concat(name) FROM playerbot"), then);
  step->revert();
  part()->discard(operation_);
  EXPECT_EQ(dump(), now);
  EXPECT_EQ(rows_set_aside("bots", {settings_}, folder_, Git(), operation_).size(), 1U);
  EXPECT_EQ(count_of_ours("git_rollback_aside_2*"), 1);
}

TEST_P(SqliteSwap, ATableChangedBySomebodyElseIsForeign) {
  run(bots);
  const Point point = capture();
  run(later);
  const std::string prepared = part()->prepare(to(point));
  run("ALTER TABLE playerbot ADD COLUMN more");
  const auto steps = part()->steps(prepared);
  const auto seen = steps.swap[0]->observe();
  EXPECT_EQ(seen.what, Observation::foreign);
  EXPECT_EQ(seen.detail, "table 'playerbot' has another definition: it has column 'more'");
  EXPECT_THROW(steps.swap[0]->apply(), Refused);
}

TEST_P(SqliteSwap, ANameThatAnotherTableHasNowIsRefused) {
  run(bots);
  run("CREATE INDEX level_of ON playerbot(level)");
  const Point point = capture();
  run("DROP INDEX level_of");
  const std::string prepared = part()->prepare(to(point));
  run("CREATE TABLE someone(a); CREATE INDEX Level_Of ON someone(a)");
  EXPECT_THROW(part()->steps(prepared).swap[0]->apply(), Refused);
  expect_sound();
  part()->discard(operation_);
  EXPECT_THROW(part()->prepare(to(point)), Refused);
  EXPECT_EQ(count_of_ours("*_in_2*"), 0);
}

TEST_P(SqliteSwap, ARowThatDoesNotFitIsNeverDropped) {
  run("CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT IGNORE);"
      "INSERT INTO playerbot VALUES (1, 'a')");
  const Point point = capture();
  run("DROP TABLE playerbot; CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT, x);"
      "INSERT INTO playerbot(name) VALUES ('b'), ('b')");
  EXPECT_THROW(part()->prepare(to(point)), Refused);
  run("DELETE FROM playerbot WHERE id=2");
  const std::string prepared = part()->prepare(to(point));
  run("INSERT INTO playerbot(name) VALUES ('b')");
  EXPECT_THROW(part()->steps(prepared).swap[0]->apply(), Refused);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "2");
}

TEST_P(SqliteSwap, ARevertSetsAsideARowThatTodaysStructureDoesNotTake) {
  run("CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO playerbot VALUES (1, "
      "'a')");
  const Point point = capture();
  run("CREATE UNIQUE INDEX one_name ON playerbot(name); INSERT INTO playerbot VALUES (2, 'b')");
  const std::string prepared = part()->prepare(to(point));
  swap(prepared);
  run("INSERT INTO playerbot VALUES (3, 'a'); UPDATE playerbot SET name='a' WHERE id=2;"
      "INSERT INTO playerbot VALUES (4, 'd')");
  part()->steps(prepared).swap[0]->revert();
  EXPECT_EQ(value("SELECT group_concat(id || name) FROM (SELECT * FROM playerbot ORDER BY id)"),
            "1a,2b,4d");
  const auto lines = rows_set_aside("bots", {settings_}, folder_, Git(), operation_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].substr(0, 7), "2 rows ");
  part()->discard(operation_);
  expect_sound();
}

TEST_P(SqliteSwap, ABackupTakesNothingFromTheServicesTables) {
  run(bots);
  run("BEGIN; INSERT INTO playerbot(name) VALUES ('x'); COMMIT");
  const std::string now = dump();
  const Point a = capture();
  const Point b = capture("20261123T100000Z-4f2a91c-2");
  EXPECT_EQ(dump(), now);
  EXPECT_EQ(a.trailers[0].fields[4], b.trailers[0].fields[4]);
  EXPECT_EQ(b.trailers[0].fields[2], "playerbot_backup_20261123T100000Z_2");
}

TEST_P(SqliteSwap, ABusyDatabaseIsNamedAndNothingChanges) {
  run(bots);
  const Point point = capture();
  run(later);
  const std::string prepared = part()->prepare(to(point));
  const std::string now = dump();
  auto other = open();
  other.exec("BEGIN IMMEDIATE");
  try {
    part()->steps(prepared).swap[0]->apply();
    FAIL();
  } catch (const Refused& error) {
    EXPECT_EQ(std::string(error.what()),
              "database 'world.db' is busy: another program holds its lock");
  }
  other.exec("ROLLBACK");
  EXPECT_EQ(dump(), now);
  swap(prepared);
}

}  // namespace
}  // namespace rollback
