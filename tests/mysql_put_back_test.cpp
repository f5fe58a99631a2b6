// Displaced rows of MySQL and MariaDB that are put back, and those that conflict or do
// not fit.
#include "mysql_part_fixture.h"
#include "salvage_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlPutBack : public SalvageTest<MysqlPartTest> {
 protected:
  std::string names() { return value("SELECT group_concat(name ORDER BY id) FROM playerbot"); }
};

const char* const players =
    "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), level INT);"
    "INSERT INTO playerbot VALUES (1,'ada',1),(2,'ben',2);";

TEST_F(MysqlPutBack, PutsRowsBackByKeyAndTellsOfConflicts) {
  displace(players,
           "INSERT INTO playerbot VALUES (3,'cat',3),(4,'dan',4);"
           "UPDATE playerbot SET level = 9, name = 'Ada' WHERE id = 1");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"),
                                  {"1", "2", "3", "77", "3x", "1 OR 1=1", "x'; DROP"});
  EXPECT_EQ(result.put, 1);
  EXPECT_EQ(result.already, 1);
  ASSERT_EQ(result.conflicts.size(), 1U);
  EXPECT_EQ(result.conflicts[0].key, "1");
  EXPECT_EQ(result.conflicts[0].columns, (std::vector<std::string>{"name", "level"}));
  EXPECT_EQ(result.not_found, (std::vector<std::string>{"77", "3x", "1 OR 1=1", "x'; DROP"}));
  EXPECT_EQ(names(), "ada,ben,cat");
  run("INSERT INTO playerbot(name) VALUES ('new')");
  EXPECT_EQ(value("SELECT id FROM playerbot WHERE name = 'new'") > "3", true);
}

TEST_F(MysqlPutBack, OverwritesOnWordAndKeepsWhatWasLive) {
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(9), later INT DEFAULT 5);"
      "INSERT INTO playerbot VALUES (1,'ada',7);",
      "UPDATE playerbot SET name = 'ann'");
  run("ALTER TABLE playerbot ADD COLUMN newest VARCHAR(9) DEFAULT 'n';"
      "UPDATE playerbot SET newest = 'mine'");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {"1"}, true);
  EXPECT_EQ(result.overwritten, 1);
  EXPECT_TRUE(result.all_went());
  EXPECT_EQ(result.defaults, (std::vector<std::string>{"newest"}));
  EXPECT_EQ(value("SELECT concat(name, later, newest) FROM playerbot"), "ann7mine");
  const auto aside = salvaged(*part(), result.aside);
  EXPECT_EQ(aside.table, "playerbot");
  EXPECT_EQ(aside.operation, "20261126T120000Z-ccccccc");
  EXPECT_EQ(aside.rows, 1);
  const PutBackOrder again{.id = "20261126T130000Z-ddddddd", .keys = {"1"}, .overwrite = true};
  EXPECT_EQ(part()->put_back({aside}, again)[0].overwritten, 1);
  EXPECT_EQ(value("SELECT concat(name, later, newest) FROM playerbot"), "ada7mine");
}

TEST_F(MysqlPutBack, WithNothingToOverwriteNoTableIsLeft) {
  displace(players, "INSERT INTO playerbot VALUES (3,'cat',3)");
  EXPECT_EQ(put_back(*part(), salvaged(*part(), "playerbot"), {"1", "3"}, true).put, 1);
  EXPECT_EQ(count_of_ours("%aside\\_2026%"), "0");
}

TEST_F(MysqlPutBack, ATrialChangesNothing) {
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(20), level INT);"
      "INSERT INTO playerbot VALUES (1,'ada',1),(2,'ben',2);",
      "INSERT INTO playerbot VALUES (3,'cat',3); UPDATE playerbot SET level = 9");
  const std::string before = dump() + count_of_ours("%");
  const auto table = salvaged(*part(), "playerbot");
  const auto results = part()->put_back(
      {table},
      {.id = "20261126T120000Z-ccccccc", .keys = {"1", "3"}, .overwrite = true, .dry_run = true});
  EXPECT_EQ(results[0].put, 1);
  EXPECT_EQ(results[0].overwritten, 1);
  EXPECT_EQ(dump() + count_of_ours("%"), before);
}

TEST_F(MysqlPutBack, AUniqueKeyAndACheckTellWhichRowsDoNotFit) {
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(9) UNIQUE, age INT,"
      " CONSTRAINT young CHECK (age < 100));"
      "INSERT INTO playerbot VALUES (1,'ada',1);",
      "ALTER TABLE playerbot DROP CONSTRAINT young; DELETE FROM playerbot;"
      "INSERT INTO playerbot VALUES (2,'ADA',1),(3,'cat',3),(4,'dan',400),(5,'eve',5)");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 2);
  ASSERT_EQ(result.unfit.size(), 2U);
  EXPECT_EQ(result.unfit[0].key, "2");
  EXPECT_EQ(result.unfit[1].key, "4");
  EXPECT_EQ(names(), "ada,cat,eve");
}

TEST_F(MysqlPutBack, PutsChildrenBackWithTheirParentsInAnyOrder) {
  displace(
      "CREATE TABLE playerbot_z(id INT PRIMARY KEY);"
      "CREATE TABLE playerbot_a(id INT PRIMARY KEY, boss INT, z INT,"
      " FOREIGN KEY (boss) REFERENCES playerbot_a(id),"
      " FOREIGN KEY (z) REFERENCES playerbot_z(id));",
      "SET foreign_key_checks = 0; INSERT INTO playerbot_z VALUES (7),(8);"
      "INSERT INTO playerbot_a VALUES (1,2,7),(2,3,7),(3,NULL,8),(4,99,NULL)");
  const std::vector<SalvageTable> tables{salvaged(*part(), "playerbot_a"),
                                         salvaged(*part(), "playerbot_z")};
  const auto results = part()->put_back(tables, {.id = "x", .keys = {}});
  EXPECT_EQ(results[0].put, 3);
  EXPECT_EQ(results[1].put, 2);
  ASSERT_EQ(results[0].unfit.size(), 1U);
  EXPECT_EQ(results[0].unfit[0].key, "4");
  EXPECT_EQ(value("SELECT group_concat(id ORDER BY id) FROM playerbot_a"), "1,2,3");
}

TEST_F(MysqlPutBack, ColumnsThatCameOrWentSinceAreSaid) {
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, old VARCHAR(9) DEFAULT 'o',"
      " g INT AS (id * 2));",
      "ALTER TABLE playerbot DROP COLUMN old, ADD COLUMN fresh VARCHAR(9);"
      "INSERT INTO playerbot(id, fresh) VALUES (1, 'f')");
  const auto table = salvaged(*part(), "playerbot");
  const PutBack result = put_back(*part(), table, {});
  EXPECT_EQ(result.left_out, (std::vector<std::string>{"fresh"}));
  EXPECT_EQ(result.defaults, (std::vector<std::string>{"old"}));
  EXPECT_EQ(value("SELECT concat(id, old, g) FROM playerbot"), "1o2");
}

TEST_F(MysqlPutBack, ATableWithoutTransactionsIsPutBackRowByRow) {
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(9) UNIQUE) ENGINE=MyISAM;"
      "INSERT INTO playerbot VALUES (1,'ada')",
      "DELETE FROM playerbot; INSERT INTO playerbot VALUES (2,'ada'),(3,'cat'),(4,'dan')");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_THROW(part()->put_back({table}, {.id = "x", .keys = {}, .dry_run = true}), Refused);
  const PutBack result = put_back(*part(), table, {});
  EXPECT_EQ(result.put, 2);
  EXPECT_EQ(result.unfit.size(), 1U);
  EXPECT_EQ(value("SELECT group_concat(id ORDER BY id) FROM playerbot"), "1,3,4");
}

TEST_F(MysqlPutBack, ManyRowsGoInMoreThanOneBatch) {
  std::string rows;
  for (int i = 2; i <= 3000; ++i) {
    rows +=
        (rows.empty() ? "" : ",") + ("(" + std::to_string(i) + ",'bot" + std::to_string(i)) + "')";
  }
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(20) UNIQUE);"
      "INSERT INTO playerbot VALUES (1,'bot1500')",
      "DELETE FROM playerbot; INSERT INTO playerbot VALUES " + rows);
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 2998);
  ASSERT_EQ(result.unfit.size(), 1U);
  EXPECT_EQ(result.unfit[0].key, "1500");
}

}  // namespace
}  // namespace rollback::mysql
