// Displaced rows of SQLite that are put back, and those that conflict or do not fit.
#include "database_fixture.h"
#include "salvage_fixture.h"

namespace rollback {
namespace {

using SqlitePutBack = SalvageTest<DatabaseTest>;

const char* const players =
    "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT, level INT);"
    "INSERT INTO playerbot VALUES (1,'ada',1),(2,'ben',2);";

TEST_F(SqlitePutBack, PutsRowsBackByKeyAndTellsOfConflicts) {
  displace(players,
           "INSERT INTO playerbot VALUES (3,'cat',3),(4,'dan',4);"
           "UPDATE playerbot SET level = 9, name = 'Ada' WHERE id = 1");
  const PutBack result =
      put_back(*part(), salvaged(*part(), "playerbot"), {"1", "2", "3", "77", "x'; DROP"});
  EXPECT_EQ(result.put, 1);
  EXPECT_EQ(result.already, 1);
  ASSERT_EQ(result.conflicts.size(), 1U);
  EXPECT_EQ(result.conflicts[0].key, "1");
  EXPECT_EQ(result.conflicts[0].columns, (std::vector<std::string>{"name", "level"}));
  EXPECT_EQ(result.not_found, (std::vector<std::string>{"77", "x'; DROP"}));
  EXPECT_EQ(value("SELECT group_concat(name) FROM (SELECT name FROM playerbot ORDER BY id)"),
            "ada,ben,cat");
}

TEST_F(SqlitePutBack, OverwritesOnWordAndKeepsWhatWasLive) {
  displace(
      "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT, later INT DEFAULT 5);"
      "INSERT INTO playerbot VALUES (1,'ada',7);",
      "UPDATE playerbot SET name = 'ann'");
  run("ALTER TABLE playerbot ADD COLUMN newest DEFAULT 'n'; UPDATE playerbot SET newest = 'mine'");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {"1"}, true);
  EXPECT_EQ(result.overwritten, 1);
  EXPECT_TRUE(result.all_went());
  EXPECT_EQ(result.defaults, (std::vector<std::string>{"newest"}));
  EXPECT_EQ(value("SELECT name || later || newest FROM playerbot"), "ann7mine");
  const auto aside = salvaged(*part(), result.aside);
  EXPECT_EQ(aside.table, "playerbot");
  EXPECT_EQ(aside.operation, "20261126T120000Z-ccccccc");
  EXPECT_EQ(aside.rows, 1);
  EXPECT_EQ(put_back(*part(), aside, {"1"}, true).overwritten, 1);
  EXPECT_EQ(value("SELECT name || later || newest FROM playerbot"), "ada7mine");
}

TEST_F(SqlitePutBack, ATrialChangesNothing) {
  displace(players, "INSERT INTO playerbot VALUES (3,'cat',3); UPDATE playerbot SET level = 9");
  const std::string before = dump() + value("SELECT count(*) FROM sqlite_schema");
  const auto table = salvaged(*part(), "playerbot");
  const auto results = part()->put_back(
      {table},
      {.id = "20261126T120000Z-ccccccc", .keys = {"1", "3"}, .overwrite = true, .dry_run = true});
  EXPECT_EQ(results[0].put, 1);
  EXPECT_EQ(results[0].overwritten, 1);
  EXPECT_EQ(dump() + value("SELECT count(*) FROM sqlite_schema"), before);
}

TEST_F(SqlitePutBack, TellsOfARowThatDoesNotFitAndPutsTheOthersBack) {
  displace(
      "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT REPLACE);"
      "INSERT INTO playerbot VALUES (1,'ada');",
      "DELETE FROM playerbot; INSERT INTO playerbot VALUES (2,'ada'),(3,'cat'),(4,'dan')");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 2);
  ASSERT_EQ(result.unfit.size(), 1U);
  EXPECT_EQ(result.unfit[0].key, "2");
  EXPECT_TRUE(result.unfit[0].reason.find("UNIQUE") != std::string::npos);
  EXPECT_EQ(value("SELECT group_concat(id) FROM (SELECT id FROM playerbot ORDER BY id)"), "1,3,4");
}

TEST_F(SqlitePutBack, PutsChildrenBackWithTheirParentsInAnyOrder) {
  displace(
      "CREATE TABLE playerbot_a(id INTEGER PRIMARY KEY, boss REFERENCES playerbot_a,"
      " z REFERENCES playerbot_z DEFERRABLE INITIALLY DEFERRED);"
      "CREATE TABLE playerbot_z(id INTEGER PRIMARY KEY);",
      "INSERT INTO playerbot_z VALUES (7),(8);"
      "INSERT INTO playerbot_a VALUES (1,2,7),(2,3,7),(3,NULL,8),(4,99,NULL),(5,NULL,99)");
  const std::vector<SalvageTable> tables{salvaged(*part(), "playerbot_a"),
                                         salvaged(*part(), "playerbot_z")};
  const auto results = part()->put_back(tables, {.id = "x", .keys = {}});
  EXPECT_EQ(results[0].put, 3);
  EXPECT_EQ(results[1].put, 2);
  ASSERT_EQ(results[0].unfit.size(), 2U);
  EXPECT_EQ(results[0].unfit[0].key, "4");
  EXPECT_EQ(results[0].unfit[1].key, "5");
  EXPECT_EQ(value("SELECT group_concat(id) FROM (SELECT id FROM playerbot_a ORDER BY id)"),
            "1,2,3");
}

TEST_F(SqlitePutBack, TriggersOfTheLiveTableFireAndMayRefuse) {
  displace(
      "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE playerbot_log(id);"
      "CREATE TRIGGER noted AFTER INSERT ON playerbot BEGIN"
      " INSERT INTO playerbot_log VALUES (NEW.id); END;"
      "CREATE TRIGGER bouncer BEFORE INSERT ON playerbot WHEN NEW.id > 2 BEGIN"
      " SELECT CASE NEW.id WHEN 3 THEN RAISE(IGNORE) ELSE RAISE(ABORT, 'no room') END; END;",
      "DROP TRIGGER bouncer; INSERT INTO playerbot VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d');"
      "DELETE FROM playerbot_log");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 2);
  ASSERT_EQ(result.unfit.size(), 2U);
  EXPECT_EQ(result.unfit[0].reason, "a trigger of the table passes over it");
  EXPECT_EQ(result.unfit[1].reason, "no room");
  EXPECT_EQ(value("SELECT group_concat(id) FROM playerbot_log"), "1,2");
}

TEST_F(SqlitePutBack, ColumnsThatCameOrWentSinceAreSaid) {
  displace("CREATE TABLE playerbot(id INTEGER PRIMARY KEY, old DEFAULT 'o', g AS (id * 2));",
           "ALTER TABLE playerbot DROP COLUMN old; ALTER TABLE playerbot ADD COLUMN fresh;"
           "INSERT INTO playerbot(id, fresh) VALUES (1, 'f')");
  const auto table = salvaged(*part(), "playerbot");
  const PutBack result = put_back(*part(), table, {});
  EXPECT_EQ(result.left_out, (std::vector<std::string>{"fresh"}));
  EXPECT_EQ(result.defaults, (std::vector<std::string>{"old"}));
  EXPECT_EQ(value("SELECT id || old || g FROM playerbot"), "1o2");
  EXPECT_EQ(exported(*part(), table, ExportFormat::csv), "id,g,fresh\r\n1,2,f\r\n");
}

TEST_F(SqlitePutBack, ManyRowsGoInMoreThanOneBatch) {
  displace(
      "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "INSERT INTO playerbot VALUES (1,'bot1500')",
      "DELETE FROM playerbot; WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n "
      "WHERE i<3000) INSERT INTO playerbot SELECT i, 'bot' || i FROM n");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 2998);
  ASSERT_EQ(result.unfit.size(), 1U);
  EXPECT_EQ(result.unfit[0].key, "1500");
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "2999");
}

}  // namespace
}  // namespace rollback
