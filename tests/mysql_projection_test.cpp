#include "part/database/mysql/rows/projection.h"

#include <gtest/gtest.h>

#include "mysql_fixture.h"
#include "part/database/mysql/rows/values.h"

namespace rollback::mysql {
namespace {

using Names = std::vector<std::string>;

class MysqlProjection : public MysqlEngineTest {
 protected:
  Definition definition(const std::string& table) {
    Session session = open();
    return *read_definition(session, table);
  }
  Projection projection(const std::string& fill = "") {
    return {definition("today"), definition("target"), "today", fill};
  }
  // Into a table in the shape of target.
  std::string project(const Projection& projection, const std::string& condition = "") {
    Session session = open();
    server().sql("SET sql_mode = ''; DROP TABLE IF EXISTS result; CREATE TABLE result LIKE target");
    session.run("INSERT INTO result " + column_list(projection.to) + " " +
                select_projected(projection, condition));
    std::string rows;
    for (const auto& row : server().rows("result")) rows += (rows.empty() ? "" : "; ") + row;
    return rows;
  }
};

TEST_F(MysqlProjection, FillsWhatIsGoneByKeyAndElseByDefault) {
  server().sql(
      "CREATE TABLE target(`i``d` INT PRIMARY KEY, level INT NOT NULL DEFAULT 1, name VARCHAR(9),"
      " twice INT AS (level * 2) STORED, gone VARCHAR(9) NOT NULL DEFAULT 'it''s');"
      "CREATE TABLE today(name VARCHAR(9), extra INT, `I``D` BIGINT PRIMARY KEY,"
      " twice INT AS (`I``D` * 2) STORED);"
      "CREATE TABLE source LIKE target; INSERT INTO source (`i``d`, level, gone) VALUES (1, 80, "
      "'x');"
      "INSERT INTO today (name, extra, `i``d`) VALUES ('a', 1, 1), ('b', 2, 2)");
  const auto filled = projection("source");
  EXPECT_EQ(project(filled), "1\t80\ta\t160\tx; 2\t1\tb\t2\tit's");
  EXPECT_EQ(project(projection()), "1\t1\ta\t2\tit's; 2\t1\tb\t2\tit's");
  EXPECT_EQ(project(filled, "f.`i``d` = 2"), "2\t1\tb\t2\tit's");
  Session session = open();
  EXPECT_EQ(session.number(count_unfilled(filled)), 1);
  EXPECT_EQ(session.number(count_unfilled(projection())), 2);
  EXPECT_EQ(session.number(count_unfilled(filled, "f.`i``d` = 1")), 0);
  EXPECT_EQ(columns_only_in(filled.to, filled.from), (Names{"level", "gone"}));
  EXPECT_EQ(columns_only_in(filled.from, filled.to), (Names{"extra"}));
  EXPECT_EQ(columns_in_common(filled.to, filled.from), (Names{"i`d", "name"}));
  EXPECT_EQ(why_no_projection(filled.from, filled.to), std::nullopt);
}

TEST_F(MysqlProjection, FillsEachTypeExactly) {
  const std::string types =
      "f FLOAT DEFAULT 0.1, d DOUBLE DEFAULT '1e-300', n DECIMAL(30,10) NOT NULL DEFAULT '1.5',"
      " u BIGINT UNSIGNED DEFAULT '18446744073709551615', b BIT(9) DEFAULT b'101',"
      " e ENUM('x','é') CHARACTER SET latin1 DEFAULT 'é', s SET('x','y') DEFAULT 'x,y',"
      " t VARCHAR(20) CHARACTER SET latin1 DEFAULT 'é''\\\\', v VARBINARY(9) DEFAULT 'a',"
      " bl BLOB, g GEOMETRY, j JSON, ti TIME(3) DEFAULT '-01:00:00.5', y YEAR DEFAULT 2024,"
      " da DATE NOT NULL DEFAULT '0000-00-00', dt DATETIME(6) DEFAULT '2024-01-01 00:00:00.000001',"
      " ts TIMESTAMP NULL DEFAULT '2024-06-01 12:00:00', ex INT DEFAULT (1 + 1),"
      " nn INT DEFAULT NULL, no INT";
  server().sql(
      "SET sql_mode = ''; SET NAMES utf8mb4; CREATE TABLE target(id INT PRIMARY KEY, " + types +
      ") DEFAULT CHARSET utf8mb4; CREATE TABLE today(id INT PRIMARY KEY); CREATE TABLE source LIKE "
      "target;"
      "INSERT INTO source VALUES (1, 0.3, 1e300, 12345678901234567890.0000000001,"
      " 18446744073709551614, b'100000001', 'x', '', 'ü', X'00FF', X'00', ST_GeomFromText('POINT(1 "
      "2)'),"
      " '[1]', '838:59:59', 1901, '2024-02-29', '2024-01-01 00:00:00.000002', NULL, 4, 5, 6);"
      "INSERT INTO today VALUES (1), (2)");
  project(projection("source"));
  // As the server itself would fill the second row.
  server().sql("SET sql_mode = ''; INSERT INTO source (id) VALUES (2)");
  EXPECT_EQ(server().rows("result"), server().rows("source"));
  EXPECT_EQ(server().value("SELECT count(*) FROM result AS a JOIN source AS b ON a.id = b.id"
                           " AND a.f <=> b.f AND a.d <=> b.d"),
            "2");
}

TEST_F(MysqlProjection, DoesNotMakeUpValuesThatARowNeeds) {
  server().sql(
      "CREATE TABLE target(id INT PRIMARY KEY, need INT NOT NULL, c INT NOT NULL DEFAULT 0);"
      "CREATE TABLE today(id INT PRIMARY KEY); INSERT INTO today VALUES (1)");
  const auto unfilled = projection();
  EXPECT_TRUE(needs_value(*unfilled.to.column("need")));
  EXPECT_FALSE(needs_value(*unfilled.to.column("c")));
  EXPECT_THROW(project(unfilled), ServerError);
}

TEST_F(MysqlProjection, TellsWhatRowsAreKnownByInBoth) {
  server().sql(
      "CREATE TABLE a(x INT, y VARCHAR(9) COLLATE utf8mb4_bin, z INT, PRIMARY KEY (x, y)) DEFAULT"
      " CHARSET utf8mb4; CREATE TABLE b(z INT, y VARCHAR(19) COLLATE utf8mb4_bin, x BIGINT,"
      " PRIMARY KEY (y, x)) DEFAULT CHARSET utf8mb4;"
      "CREATE TABLE c(x INT, y VARCHAR(9) COLLATE utf8mb4_general_ci, PRIMARY KEY (x, y)) DEFAULT"
      " CHARSET utf8mb4; CREATE TABLE d(x INT PRIMARY KEY, y VARCHAR(9)); CREATE TABLE e(x INT);"
      "CREATE TABLE f(x INT AS (1) STORED, y INT PRIMARY KEY)");
  EXPECT_EQ(common_key(definition("a"), definition("b")), (Names{"x", "y"}));
  EXPECT_EQ(common_key(definition("a"), definition("c")), Names{});
  EXPECT_EQ(common_key(definition("a"), definition("d")), Names{});
  EXPECT_EQ(common_key(definition("e"), definition("e")), Names{});
  EXPECT_EQ(why_no_projection(definition("f"), definition("a")), std::nullopt);
  EXPECT_EQ(why_no_projection(definition("d"), definition("f")),
            "column 'x' gets its values in another way");
  EXPECT_EQ(why_no_projection(definition("e"), definition("a")), "column 'y' of its key is gone");
  EXPECT_EQ(why_no_projection(definition("e"), definition("e")), std::nullopt);
}

}  // namespace
}  // namespace rollback::mysql
