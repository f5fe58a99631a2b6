#include "part/database/mysql/catalogue/check_names.h"

#include <gtest/gtest.h>

#include "mysql_part_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlCheckNames : public MysqlPartTest {
 protected:
  std::string show(const std::string& table) {
    return server().sql("SHOW CREATE TABLE " + identifier(table));
  }
  bool fails(const std::string& sql) {
    try {
      run(sql);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }
};

// The server's own names, names of 64 characters, some like the server's own, and,
// where there is that, a check that is not enforced.
const char* const checked =
    "CREATE TABLE playerbot(id INT PRIMARY KEY, level INT, CHECK (level > 0),"
    " CONSTRAINT `it``s` CHECK (level < 100), CONSTRAINT playerbot_chk_7 CHECK (level <> 13),"
    " CONSTRAINT playerbot_chk_x CHECK (level <> 14), CONSTRAINT playerbot_b_chk_1 CHECK (id > 0),"
    " CONSTRAINT ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc1"
    " CHECK (level <> 15) /*!80016 NOT ENFORCED */) DEFAULT CHARSET utf8mb4;"
    "CREATE TABLE playerbot_ttttttttttttttttttttttttttttttttttttttttttttttt1(id INT PRIMARY KEY,"
    " CHECK (id > 0), CONSTRAINT two CHECK (id > 1)) DEFAULT CHARSET utf8mb4;"
    "INSERT INTO playerbot VALUES (1, 1), (2, 2);"
    "INSERT INTO playerbot_ttttttttttttttttttttttttttttttttttttttttttttttt1 VALUES (2);";

// A name wanders from one table to the other, too.
const char* const migration =
    "ALTER TABLE playerbot DROP CONSTRAINT `it``s`, ADD level2 INT NOT NULL DEFAULT 0,"
    " ADD CONSTRAINT more CHECK (level2 < 10);"
    "ALTER TABLE playerbot_ttttttttttttttttttttttttttttttttttttttttttttttt1 DROP CONSTRAINT two,"
    " ADD CONSTRAINT `it``s` CHECK (id < 100), ADD extra INT;";

TEST_F(MysqlCheckNames, AreThoseOfThePointAndThoseOfTodayAgainWithUndo) {
  run(checked);
  const std::string then = dump();
  const Point point = capture();
  run(migration);
  const std::string now = dump();
  const Point left = go_back(to(point));
  EXPECT_EQ(dump(), then);
  EXPECT_TRUE(fails("INSERT INTO playerbot VALUES (3, 100)"));
  EXPECT_TRUE(fails("INSERT INTO playerbot VALUES (3, 13)"));
  EXPECT_TRUE(
      fails("INSERT INTO playerbot_ttttttttttttttttttttttttttttttttttttttttttttttt1"
            " VALUES (1)"));
  next_operation();
  go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlCheckNames, AreFreeForTheMigrationThatIsDeployedAgain) {
  run(checked);
  const Point point = capture();
  run(migration);
  const std::string now = dump();
  go_back(to(point));
  run(migration);
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlCheckNames, ComeBackWithARevert) {
  run(checked);
  const Point point = capture();
  run(migration);
  const std::string now = dump();
  const std::string prepared = part()->prepare(to(point));
  EXPECT_EQ(dump(), now);
  swap(prepared);
  EXPECT_TRUE(fails("INSERT INTO playerbot VALUES (3, 100)"));
  revert(prepared);
  EXPECT_EQ(dump(), now);
  swap(prepared);
  revert(prepared);
  part()->discard(operation_);
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlCheckNames, ThatMySqlWouldMakeTooLongStopARollbackBeforeItBegins) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY, level INT,"
      " CONSTRAINT playerbot_chk_level_must_be_positive CHECK (level > 0));"
      "INSERT INTO playerbot VALUES (1, 1)");
  const std::string then = dump();
  const Point point = capture();
  run("ALTER TABLE playerbot ADD level2 INT");
  if (testing::MysqlServer::is_mariadb()) {
    go_back(to(point));
    EXPECT_EQ(dump(), then);
    return;
  }
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_EQ(assessment.obstacle->reason,
            "table 'playerbot' cannot be renamed: MySQL would rename its check"
            " 'playerbot_chk_level_must_be_positive', too, and that is too long");
  EXPECT_THROW(part()->prepare(to(point)), Refused);
}

}  // namespace
}  // namespace rollback::mysql
