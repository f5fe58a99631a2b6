// Rows that stay and refer to rows of another table that do not come along.
#include "mysql_part_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlStranded : public MysqlPartTest {
 protected:
  void SetUp() override {
    MysqlPartTest::SetUp();
    if (IsSkipped()) return;
    settings_.tables = {"child", "grandchild", "parent"};
    settings_.rows = {Rows::keep_all, {{"parent", Rows::restore}}};
  }

  // Fifty of the child's rows refer to a row that was written since.
  Point since(const std::string& what = "ON DELETE CASCADE", bool child_changes = true) {
    run("CREATE TABLE parent(id INT PRIMARY KEY, name VARCHAR(20));"
        "CREATE TABLE child(id INT AUTO_INCREMENT PRIMARY KEY, p INT,"
        " CONSTRAINT kk FOREIGN KEY (p) REFERENCES parent(id) " +
        what +
        "); CREATE TABLE grandchild(id INT PRIMARY KEY, c INT,"
        " FOREIGN KEY (c) REFERENCES child(id));"
        "INSERT INTO parent VALUES (1, 'ann'); INSERT INTO child(p) VALUES (1), (NULL);"
        "SET foreign_key_checks = 0; INSERT INTO child(p) VALUES (77)");
    const Point point = capture();
    run("ALTER TABLE parent ADD extra INT");
    if (child_changes) run("ALTER TABLE child ADD extra INT; ALTER TABLE grandchild ADD x INT");
    run("INSERT INTO parent(id) VALUES (100);"
        "INSERT INTO child(p) SELECT 100 FROM " +
        numbers(50) + "; INSERT INTO grandchild(id, c) SELECT 1, max(id) FROM child");
    return point;
  }

  std::string refusal(const Request& request) {
    try {
      part()->prepare(request);
    } catch (const Refused& error) {
      return error.what();
    }
    return "";
  }

  std::string standing() {
    return value(
        "SELECT concat((SELECT count(*) FROM parent), ' ', (SELECT count(*) FROM child), ' ',"
        " (SELECT count(*) FROM grandchild))");
  }
  std::string orphans() {
    return value(
        "SELECT count(*) FROM child AS c WHERE p IS NOT NULL AND NOT EXISTS (SELECT 1 FROM parent"
        " AS p WHERE p.id = c.p)");
  }

  const std::string said_ =
      "50 rows of table 'child' would refer to rows of table 'parent' that do not come along";
};

TEST_F(MysqlStranded, AreCountedAndStopItBeforeAnythingChanges) {
  for (const std::string what : {"ON DELETE CASCADE", "", "ON DELETE SET NULL"}) {
    const Point point = since(what);
    const std::string before = dump();
    const Assessment foreseen = part()->assess(to(point));
    EXPECT_EQ(foreseen.rows_lost, 51) << what;
    EXPECT_NE(std::find(foreseen.details.begin(), foreseen.details.end(), said_),
              foreseen.details.end());
    EXPECT_EQ(dump(), before);
    EXPECT_EQ(refusal(to(point, {}, 10)), said_) << what;
    EXPECT_EQ(dump(), before);
    EXPECT_EQ(count_of_ours("%\\_in\\_%"), "0");
    run("DROP TABLE grandchild, child, parent");
    part()->remove_kept(point.id);
  }
}

TEST_F(MysqlStranded, OfATableThatIsNotSwappedStopItToo) {
  const Point point = since("ON DELETE CASCADE", false);
  const std::string before = dump();
  EXPECT_EQ(refusal(to(point, {}, 10)), said_);
  EXPECT_EQ(dump(), before);
  const std::string prepared = part()->prepare(to(point, {}, 1000));
  EXPECT_NE(prepared.find("\\\"rows_lost\\\":51}"), std::string::npos) << prepared;
  EXPECT_EQ(dump(), before);
}

TEST_F(MysqlStranded, WhereTheirLossIsAcceptedAreSetAsideAndComeBackWithUndo) {
  const Point point = since();
  const std::string before = dump();
  const std::string prepared = part()->prepare(to(point, {}, 1000));
  EXPECT_NE(prepared.find("\\\"rows_lost\\\":52"), std::string::npos) << prepared;
  run("INSERT INTO parent(id) VALUES (101); INSERT INTO child(p) VALUES (101), (1)");
  swap(prepared);
  EXPECT_EQ(standing(), "1 4 0");
  EXPECT_EQ(orphans(), "1");  // as before
  EXPECT_EQ(value("SELECT count(*) FROM child_aside_20261124T110000Z_aaaaaaa"
                  " WHERE git_rollback_reason = 'the row that it refers to did not come along'"),
            "51");
  revert(prepared);
  EXPECT_EQ(standing(), "3 55 1");
  EXPECT_EQ(orphans(), "1");
  swap(prepared);
  const Point left = finish(prepared);
  EXPECT_EQ(standing(), "1 4 0");
  next_operation();
  go_back(to(left, Rows::restore, 0));
  EXPECT_EQ(standing(), "3 55 1");
}

TEST_F(MysqlStranded, OfARowThatDoesNotFitAreSetAsideWithIt) {
  settings_.rows = {Rows::keep_all};
  run("CREATE TABLE parent(id INT PRIMARY KEY, name VARCHAR(5));"
      "CREATE TABLE child(id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent(id));"
      "INSERT INTO parent VALUES (1, 'ann'); INSERT INTO child VALUES (1, 1)");
  const Point point = capture();
  run("ALTER TABLE parent MODIFY name VARCHAR(20); ALTER TABLE child ADD extra INT;"
      "INSERT INTO parent VALUES (2, 'much too long'), (3, 'bob');"
      "INSERT INTO child(id, p) VALUES (2, 2), (3, 3)");
  EXPECT_EQ(refusal(to(point, {}, 1)),
            "1 row of table 'child' would refer to rows of table 'parent' that do not come along");
  go_back(to(point, {}, 2));
  EXPECT_EQ(value("SELECT group_concat(id ORDER BY id) FROM child"), "1,3");
  EXPECT_EQ(orphans(), "0");
}

TEST_F(MysqlStranded, WithNothingWrittenToTheParentThereAreNone) {
  const Point point = since();
  run("DELETE FROM grandchild; UPDATE child SET p = 1 WHERE p = 100; DELETE FROM parent WHERE id ="
      " 100");
  EXPECT_EQ(part()->assess(to(point)).rows_lost, 0);
  EXPECT_EQ(refusal(to(point)), "");
}

}  // namespace
}  // namespace rollback::mysql
