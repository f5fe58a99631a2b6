// A rollback that set rows aside is undone.
#include "mysql_part_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlUndo : public MysqlPartTest {
 protected:
  // Two rows do not fit the point's structure and are set aside.
  Point rolled_back(Rows rows = Rows::keep_all) {
    run("CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(5) NOT NULL);"
        "INSERT INTO playerbot(name) VALUES ('ann'), ('bob')");
    const Point point = capture();
    run("ALTER TABLE playerbot MODIFY name VARCHAR(20) NULL, ADD COLUMN level INT DEFAULT 1;"
        "INSERT INTO playerbot(name) VALUES ('much too long'), (NULL), ('dan')");
    now_ = dump();
    const Point left = go_back(to(point, rows, 100));
    EXPECT_EQ(value(names_), "1:ann,2:bob,5:dan");
    next_operation();
    return left;
  }

  const std::string names_ =
      "SELECT group_concat(id, ':', coalesce(name, '-') ORDER BY id) FROM playerbot";
  std::string now_;
};

TEST_F(MysqlUndo, BringsBackRowsThatDidNotFitWhereNothingWasWritten) {
  const Point left = rolled_back();
  const auto undo = part()->assess(to(left));
  ASSERT_FALSE(undo.obstacle) << undo.obstacle->reason;
  EXPECT_EQ(undo.rows_lost, 0);
  go_back(to(left));
  EXPECT_EQ(dump(), now_);
}

TEST_F(MysqlUndo, BringsBackRowsThatDidNotFitBesideThoseWrittenSince) {
  const Point left = rolled_back();
  run("INSERT INTO playerbot(name) VALUES ('eve'); UPDATE playerbot SET name='bea' WHERE id=2;"
      "DELETE FROM playerbot WHERE id=1");
  const auto undo = part()->assess(to(left));
  ASSERT_FALSE(undo.obstacle) << undo.obstacle->reason;
  EXPECT_EQ(undo.rows_lost, 0);
  EXPECT_EQ(undo.details[0],
            "playerbot: keep_all, 3 rows stay, 2 rows that the rollback set aside come back,"
            " column 'level' comes back");
  const std::string prepared = part()->prepare(to(left));
  run("INSERT INTO playerbot(name) VALUES ('fay'); UPDATE playerbot SET name='dot' WHERE id=5");
  swap(prepared);
  const std::string all = "2:bea,3:much too long,4:-,5:dot,6:eve,7:fay";
  EXPECT_EQ(value(names_), all);
  run("UPDATE playerbot SET name='short' WHERE id=3");
  revert(prepared);
  EXPECT_EQ(value(names_), "2:bea,3:short,5:dot,6:eve,7:fay");
  for (const auto& step : part()->steps(prepared).swap) step->apply();
  EXPECT_EQ(value(names_), "2:bea,3:short,4:-,5:dot,6:eve,7:fay");
  finish(prepared);
}

TEST_F(MysqlUndo, LeavesAsideWhatWasPutBackSinceAndCountsWhatHasNoPlaceAnyMore) {
  const Point left = rolled_back();
  run("INSERT INTO playerbot(id, name) VALUES (3, 'mine')");
  const auto undo = part()->assess(to(left));
  ASSERT_FALSE(undo.obstacle) << undo.obstacle->reason;
  EXPECT_EQ(undo.details[0],
            "playerbot: keep_all, 4 rows stay, 1 row that the rollback set aside comes back,"
            " column 'level' comes back");
  go_back(to(left));
  EXPECT_EQ(value(names_), "1:ann,2:bob,3:mine,4:-,5:dan");
}

TEST_F(MysqlUndo, OfKeepNewBringsBackRowsThatDidNotFit) {
  const Point left = rolled_back(Rows::keep_new);
  EXPECT_FALSE(part()->assess(to(left)).obstacle);
  go_back(to(left));
  EXPECT_EQ(dump(), now_);
}

TEST_F(MysqlUndo, BringsBackRowsThatAForeignKeysCascadeCouldChange) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY); CREATE TABLE playerbot_item(id INT PRIMARY KEY,"
      " bot INT, what VARCHAR(5), FOREIGN KEY (bot) REFERENCES playerbot(id) ON DELETE CASCADE);"
      "INSERT INTO playerbot VALUES (1), (2); INSERT INTO playerbot_item VALUES (1, 1, 'bow')");
  const Point point = capture();
  run("ALTER TABLE playerbot_item MODIFY what VARCHAR(20);"
      "INSERT INTO playerbot_item VALUES (2, 1, 'two-handed'), (3, 2, 'axe'), (4, 2, 'long-bow')");
  const Point left = go_back(to(point, Rows::keep_all, 2));
  run("INSERT INTO playerbot_item VALUES (5, 1, 'mace')");
  next_operation();
  ASSERT_FALSE(part()->assess(to(left)).obstacle);
  const std::string prepared = part()->prepare(to(left));
  run("DELETE FROM playerbot WHERE id=2");
  swap(prepared);
  finish(prepared);
  const std::string items = "SELECT group_concat(id ORDER BY id) FROM playerbot_item";
  EXPECT_EQ(value(items), "1,2,5");
  const auto lines = rows_set_aside("bots", {settings_}, server().folder(), Git(), operation_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("1 row of 'playerbot_item'"), std::string::npos) << lines[0];
}

TEST_F(MysqlUndo, LeavesAsideWhatRefersToARowThatIsGone) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY); CREATE TABLE playerbot_item(id INT PRIMARY KEY,"
      " bot INT, what VARCHAR(5), FOREIGN KEY (bot) REFERENCES playerbot(id) ON DELETE CASCADE);"
      "INSERT INTO playerbot VALUES (1), (2), (3)");
  const Point point = capture();
  run("ALTER TABLE playerbot_item MODIFY what VARCHAR(20); INSERT INTO playerbot_item VALUES"
      " (2, 1, 'two-handed'), (4, 2, 'long-bow'), (6, 3, 'long-knife'), (7, 1, 'short-knife')");
  const Point left = go_back(to(point, Rows::keep_all, 4));
  run("INSERT INTO playerbot_item VALUES (6, 3, 'mine'); DELETE FROM playerbot WHERE id=2");
  next_operation();
  EXPECT_THROW(part()->prepare(to(left)), Refused);
  part()->discard(operation_);
  const std::string prepared = part()->prepare(to(left, Rows::keep_all, 1));
  run("DELETE FROM playerbot WHERE id=3");  // and 6 with it, which came back by itself
  swap(prepared);
  EXPECT_EQ(value("SELECT group_concat(id ORDER BY id) FROM playerbot_item"), "2,7");
  revert(prepared);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot_item"), "0");
  swap(prepared);
  finish(prepared);
  EXPECT_EQ(value("SELECT group_concat(id ORDER BY id) FROM playerbot_item"), "2,7");
  EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0");
}

TEST_F(MysqlUndo, CountsRowsThatDidNotFitWhereNoKeyTellsThem) {
  run("CREATE TABLE playerbot(name VARCHAR(5)); INSERT INTO playerbot VALUES ('ann')");
  const Point point = capture();
  run("ALTER TABLE playerbot MODIFY name VARCHAR(20); INSERT INTO playerbot VALUES ('too long')");
  const Point left = go_back(to(point, Rows::keep_all, 1));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "1");
  run("INSERT INTO playerbot VALUES ('eve')");
  next_operation();
  const auto undo = part()->assess(to(left));
  ASSERT_TRUE(undo.obstacle);
  EXPECT_EQ(part()->assess(to(left, Rows::keep_all)).rows_lost, 1);
}

}  // namespace
}  // namespace rollback::mysql
