// Tables that are in the set today, and that the point did not cover.
#include "covered_fixture.h"
#include "mysql_part_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlPartCovered : public CoveredTest<MysqlPartTest> {
 protected:
  void SetUp() override {
    MysqlPartTest::SetUp();
    if (IsSkipped()) return;
    run("CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20));"
        "CREATE TABLE other(id INT AUTO_INCREMENT PRIMARY KEY, bot INT,"
        " FOREIGN KEY (bot) REFERENCES playerbot(id));"
        "INSERT INTO playerbot(name) VALUES ('ann'), ('bob')");
  }
};

TEST_F(MysqlPartCovered, ATableThatIsListedNewlyStaysAndIsNamed) {
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN extra INT AFTER id");
  expect_stays(point, {"SELECT 1", "INSERT INTO other(bot) VALUES (1), (2)"});
  const std::string now = dump();
  const Point left = go_back(to(point));
  EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'world'"
                  " AND table_name = 'playerbot'"),
            "2");
  EXPECT_EQ(value("SELECT group_concat(bot ORDER BY id) FROM other"), "1,2");
  EXPECT_EQ(count_of_ours("other\\_%"), "0");
  EXPECT_TRUE(part()->assess(to(point)).already);

  next_operation();
  ASSERT_FALSE(part()->assess(to(left)).obstacle);
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlPartCovered, AnEmptyOneStaysAlsoInAnEmergency) {
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN extra INT AFTER id");
  expect_stays_in_an_emergency(point);
}

TEST_F(MysqlPartCovered, ALedgerAndSessionsStayWhereTheyAreListedNewly) {
  run("CREATE TABLE ran(name VARCHAR(20)); INSERT INTO ran VALUES ('001.sql')");
  expect_ledger_and_sessions_stay();
}

TEST_F(MysqlPartCovered, ATableThatWasCoveredAndAbsentIsDisplaced) {
  const Point point = capture();
  run("CREATE TABLE playerbot_new(a INT)");
  settings_.tables = {"*"};
  const Assessment seen = part()->assess(to(point));
  EXPECT_TRUE(says(seen, "playerbot_new: displaced, it is new since the point, 0 rows"));
  EXPECT_TRUE(says(seen, stays));
  go_back(to(point));
  EXPECT_EQ(value("SHOW TABLES LIKE 'playerbot_new'"), "");
  EXPECT_EQ(value("SELECT count(*) FROM other"), "0");
}

TEST_F(MysqlPartCovered, AnOlderPointTakesWhatItHasNotForNew) {
  const Point point = older(capture());
  settings_.tables.push_back("other");
  EXPECT_TRUE(
      says(part()->assess(to(point)), "other: displaced, it is new since the point, 0 rows"));
  run("INSERT INTO other(bot) VALUES (1)");
  const Assessment seen = part()->assess(to(point));
  ASSERT_TRUE(seen.obstacle);
  EXPECT_EQ(seen.obstacle->reason, "table 'other' is new since the point and holds 1 row");
  EXPECT_THROW(part()->prepare(to(point)), Refused);
}

}  // namespace
}  // namespace rollback::mysql
