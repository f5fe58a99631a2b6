#include "part/database/mysql/rows/difference.h"

#include <gtest/gtest.h>

#include "mysql_fixture.h"
#include "part/database/mysql/rows/projection.h"

namespace rollback::mysql {
namespace {

class MysqlDifference : public MysqlEngineTest {
 protected:
  // Makes `live` and `base` with these columns.
  void make(const std::string& columns, const std::string& options = "") {
    server().sql("DROP TABLE IF EXISTS live, base; CREATE TABLE live(" + columns + ") " + options +
                 "; CREATE TABLE base LIKE live");
  }

  static Comparison comparison(Session& session, const std::string& live = "live",
                               const std::string& base = "base") {
    return {.now = *read_definition(session, live),
            .then = read_definition(session, base),
            .baseline = {identifier(base)}};
  }

  Difference compare() {
    Session session = open();
    return compare_rows(session, comparison(session));
  }

  // inserted, changed, deleted
  std::string counts() {
    const Difference difference = compare();
    EXPECT_TRUE(difference.counted);
    return std::to_string(difference.inserted) + " " + std::to_string(difference.changed) + " " +
           std::to_string(difference.deleted);
  }

  // Of a key with these values, in any order.
  void expect_exact_for_key(const std::string& type, const std::vector<std::string>& values) {
    SCOPED_TRACE(type);
    make("k " + type + " NOT NULL PRIMARY KEY, v INT");
    const std::string lax = "SET sql_mode = ''; ";  // MySQL else takes no zero dates
    for (const auto& value : values) {
      server().sql(lax + "INSERT INTO live VALUES (" + value + ", 1)");
    }
    server().sql(lax + "INSERT INTO base SELECT * FROM live");
    EXPECT_EQ(counts(), "0 0 0");
    server().sql(lax + "UPDATE live SET v = NULL WHERE k = " + values[0] +
                 "; DELETE FROM base WHERE k = " + values[1] +
                 "; DELETE FROM live WHERE k = " + values[2]);
    EXPECT_EQ(counts(), "1 1 1");
  }
};

TEST_F(MysqlDifference, IsExactForKeysOfEachType) {
  expect_exact_for_key("INT", {"-1", "0", "7"});
  expect_exact_for_key("BIGINT UNSIGNED", {"18446744073709551615", "18446744073709551614", "0"});
  expect_exact_for_key("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                       {"'é🎲'", "'Straße'", "'a''\\\\b'"});
  expect_exact_for_key("VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci",
                       {"'Ä'", "'b'", "''"});
  expect_exact_for_key("CHAR(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", {"'a'", "'A'", "'ä'"});
  expect_exact_for_key("VARCHAR(9) CHARACTER SET utf16 COLLATE utf16_general_ci",
                       {"'é'", "'z'", "'🎲'"});
  expect_exact_for_key("BINARY(3)", {"X'000000'", "X'000001'", "X'FF275C'"});
  expect_exact_for_key("VARBINARY(9)", {"X'00'", "X'0000'", "X'5C27FF'"});
  expect_exact_for_key("DATE", {"'0000-00-00'", "'2024-02-29'", "'9999-12-31'"});
  expect_exact_for_key("DATETIME(6)",
                       {"'2024-01-01 00:00:00.000001'", "'2024-01-01'", "'1000-01-01'"});
  expect_exact_for_key("TIMESTAMP(3)",
                       {"'2024-01-01 00:00:00.001'", "'2024-01-01'", "'1999-01-01'"});
  expect_exact_for_key("TIME", {"'-838:59:59'", "'00:00:00'", "'12:00:00'"});
  expect_exact_for_key("YEAR", {"1901", "0", "2155"});
  expect_exact_for_key("DECIMAL(30,10)", {"12345678901234567890.0000000001", "-1.5", "0"});
  expect_exact_for_key("ENUM('z','a','m')", {"'z'", "'a'", "'m'"});
  expect_exact_for_key("SET('z','a')", {"''", "'a'", "'z,a'"});
  expect_exact_for_key("BIT(40)", {"b'0'", "b'1'", "1099511627775"});
  expect_exact_for_key("DOUBLE", {"0.1", "-1e300", "3"});
  if (testing::MysqlServer::is_mariadb()) {
    expect_exact_for_key(
        "UUID", {"'00000000-0000-0000-0000-000000000001'", "'ffffffff-0000-0000-0000-000000000001'",
                 "'10000000-0000-0000-0000-000000000001'"});
    expect_exact_for_key("INET6", {"'::1'", "'fe80::1'", "'2001:db8::'"});
  }
}

TEST_F(MysqlDifference, WalksACompositeKeyChunkByChunk) {
  make(
      "`a``a` INT, b VARCHAR(9) COLLATE utf8mb4_general_ci, c DATETIME, v INT,"
      " PRIMARY KEY (`a``a`, b, c)",
      "DEFAULT CHARSET utf8mb4");
  server().sql(
      "INSERT INTO live SELECT n DIV 20000, concat('é', n MOD 100), '2024-01-01' + INTERVAL n "
      "SECOND,"
      " 1 FROM (WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 300)"
      " SELECT x.n * 300 + y.n AS n FROM s AS x, s AS y WHERE x.n < 300 AND y.n < 300) AS t;"
      "INSERT INTO base SELECT * FROM live;"
      "UPDATE live SET v = 2 WHERE `a``a` IN (0, 2, 4) AND b = 'é7' AND second(c) = 7;"
      "DELETE FROM live WHERE `a``a` = 3; DELETE FROM base WHERE `a``a` = 1 AND b = 'é5'");
  const Difference difference = compare();
  EXPECT_EQ(difference.live_rows, 70000);
  EXPECT_EQ(difference.baseline_rows, 89800);
  EXPECT_EQ(difference.inserted, 200);
  EXPECT_EQ(difference.deleted, 20000);
  EXPECT_EQ(difference.changed, std::stoi(server().value("SELECT count(*) FROM live WHERE v = 2")));
  EXPECT_GT(difference.changed, 0);
}

TEST_F(MysqlDifference, SeesBytesThatACollationDoesNot) {
  make("k VARCHAR(9) PRIMARY KEY, t VARCHAR(20), c CHAR(9), x TEXT",
       "DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci");
  server().sql(
      "INSERT INTO base VALUES ('1', 'a', 'a', 'a'), ('2', 'a', 'a', 'a'), ('3', '', 'a', 'a'),"
      " ('4', 'e', 'a', 'a'), ('Key', 'a', 'a', 'a');"
      "INSERT INTO live VALUES ('1', 'A', 'a', 'a'), ('2', 'a ', 'a', 'a'), ('3', NULL, 'a', 'a'),"
      " ('4', 'é', 'a', 'a'), ('kEY', 'a', 'a', 'a')");
  // A key that differs in case alone is that row, and changed.
  EXPECT_EQ(counts(), "0 5 0");
}

TEST_F(MysqlDifference, SeesValuesOfEachTypeExactly) {
  make(
      "k INT PRIMARY KEY, f FLOAT, d DOUBLE, dd DOUBLE(10,2), n DECIMAL(40,20), b BIT(60),"
      " bl BLOB, g GEOMETRY, j JSON, ts TIMESTAMP(6) NULL, e ENUM('a','b',''), s SET('x','y'),"
      " inv INT DEFAULT 5");
  server().sql(
      "ALTER TABLE live MODIFY inv INT INVISIBLE; ALTER TABLE base MODIFY inv INT INVISIBLE;"
      "INSERT INTO live (k, f, d, dd, n, b, bl, g, j, ts, e, s, inv) VALUES (1, 0.1, 1e-300, 1.234,"
      " '12345678901234567890.00000000000000000001', b'1', X'00', ST_GeomFromText('POINT(1 2)'),"
      " '{\"a\": 1}', '2024-01-01 00:00:00.000001', 'a', 'x', 1)");
  const std::string all = "k, f, d, dd, n, b, bl, g, j, ts, e, s, inv";
  const auto differs = [&](const std::string& set) {
    server().sql("DELETE FROM base; INSERT INTO base (" + all + ") SELECT " + all +
                 " FROM live; UPDATE base SET " + set);
    return counts();
  };
  EXPECT_EQ(differs("k = k"), "0 0 0");
  for (const auto* const set :
       {"f = 0.1000001", "d = 1.0000000000000002e-300", "n = n + 1e-20", "b = b'0'", "bl = X'0000'",
        "bl = NULL", "g = ST_GeomFromText('POINT(1 2)', 4326)", "j = '{\"a\": 2}'",
        "ts = '2024-01-01 00:00:00.000002'", "e = 'b'", "s = 'x,y'", "s = ''", "inv = NULL"}) {
    EXPECT_EQ(differs(set), "0 1 0") << set;
  }
}

TEST_F(MysqlDifference, TakesRetypedColumnsByTheirValues) {
  server().sql(
      "CREATE TABLE live(k BIGINT PRIMARY KEY, t VARCHAR(30) CHARACTER SET latin1, d DATETIME(6),"
      " n DECIMAL(20,4), i VARCHAR(20), e VARCHAR(9), r DOUBLE) DEFAULT CHARSET utf8mb4;"
      "CREATE TABLE base(r FLOAT, e ENUM('b','a'), i INT, n DECIMAL(10,2), d DATETIME,"
      " t VARCHAR(20) CHARACTER SET utf8mb4, k INT UNSIGNED PRIMARY KEY) DEFAULT CHARSET utf8mb4;"
      "INSERT INTO base VALUES (0.1, 'a', 12, 1.5, '2024-01-01', 'é', 1), (1, 'b', 1, 1, NULL, '', "
      "2);"
      "INSERT INTO live SELECT k, t, d, n, i, e, r FROM base");
  EXPECT_EQ(counts(), "0 0 0");
  server().sql("UPDATE live SET i = '01' WHERE k = 2");
  EXPECT_EQ(counts(), "0 1 0");
}

TEST_F(MysqlDifference, ComparesRowsWithoutAKeyAsTwoMultisets) {
  make("t VARCHAR(20), f FLOAT, b BLOB, n INT", "DEFAULT CHARSET utf8mb4");
  server().sql(
      "INSERT INTO live VALUES ('a', 1, NULL, 1), ('a', 1, NULL, 1), ('b', 0.1, 'x', NULL);"
      "INSERT INTO base SELECT * FROM live");
  EXPECT_EQ(counts(), "0 0 0");
  server().sql("INSERT INTO live VALUES ('a', 1, NULL, 1), ('c', 1, '', 1), ('c', 1, '', 1)");
  EXPECT_EQ(counts(), "3 0 0");
  server().sql("DELETE FROM live WHERE t = 'b'; UPDATE base SET t = 'A' WHERE t = 'a' LIMIT 1");
  EXPECT_EQ(counts(), "4 0 2");
}

TEST_F(MysqlDifference, HasNoTwoRowsWithOneTextWithoutAKey) {
  make("a VARCHAR(20), b VARCHAR(20), c VARCHAR(20)");
  for (const auto* const pair :
       {"('a,b', 'c', '') / ('a', 'b,c', '')", "(NULL, '', '') / ('', NULL, '')",
        "('', NULL, 'x') / ('x', NULL, '')", "(NULL, NULL, '0') / (NULL, '0', NULL)",
        "(',', '', '') / ('', ',', '')"}) {
    const std::string text = pair;
    server().sql("TRUNCATE live; TRUNCATE base; INSERT INTO live VALUES " +
                 text.substr(0, text.find(" / ")) + "; INSERT INTO base VALUES " +
                 text.substr(text.find(" / ") + 3));
    EXPECT_EQ(counts(), "1 0 1") << pair;
  }
}

TEST_F(MysqlDifference, TakesRowsAsAMultisetWhereTheKeysCompareInOtherWays) {
  server().sql(
      "CREATE TABLE live(k VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY);"
      "CREATE TABLE base(k VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci PRIMARY KEY);"
      "INSERT INTO base VALUES ('ä'), ('b'), ('c'); INSERT INTO live VALUES ('ä'), ('B'), ('b')");
  EXPECT_EQ(counts(), "1 0 1");
}

TEST_F(MysqlDifference, CountsValuesThatTheBaselineHasNoColumnFor) {
  server().sql(
      "CREATE TABLE base(id INT PRIMARY KEY, a INT);"
      "CREATE TABLE live(id INT PRIMARY KEY, a INT, extra VARCHAR(9) CHARACTER SET latin1 DEFAULT "
      "'é',"
      " f FLOAT NOT NULL DEFAULT 0.1, d DECIMAL(9,3) DEFAULT '1.50', n INT NOT NULL DEFAULT '7',"
      " g INT AS (a + 1) VIRTUAL);"
      "INSERT INTO base VALUES (1, 1), (2, 2), (3, 3);"
      "INSERT INTO live (id, a) VALUES (1, 1), (2, 2), (3, 3)");
  Session session = open();
  Comparison columns = comparison(session);
  columns.going = columns_only_in(columns.now, *columns.then);
  EXPECT_EQ(columns.going, (std::vector<std::string>{"extra", "f", "d", "n"}));
  Difference difference = compare_rows(session, columns);
  EXPECT_EQ(difference.changed, 0);
  EXPECT_EQ(difference.going, 0);

  server().sql(
      "UPDATE live SET extra = 'É' WHERE id = 1; UPDATE live SET f = 0.2 WHERE id = 2;"
      "UPDATE live SET a = 4 WHERE id = 3; INSERT INTO live (id, n) VALUES (4, 8), (5, 7)");
  difference = compare_rows(session, columns);
  EXPECT_EQ(difference.changed, 3);
  EXPECT_EQ(difference.inserted, 2);
  EXPECT_EQ(difference.going, 3);
  EXPECT_EQ(difference.going_written, 3);
  EXPECT_EQ(difference.going_inserted, 1);

  columns.then.reset();
  difference = compare_rows(session, columns);
  EXPECT_EQ(difference.inserted, 5);
  EXPECT_EQ(difference.going, 3);
}

TEST_F(MysqlDifference, CountsInsertedRowsWhoseKeyIsTaken) {
  make("id INT PRIMARY KEY, v INT");
  server().sql(
      "CREATE TABLE third LIKE live; INSERT INTO base VALUES (1, 1);"
      "INSERT INTO live VALUES (1, 1), (2, 2), (3, 3); INSERT INTO third VALUES (1, 5), (3, 5)");
  Session session = open();
  Comparison three = comparison(session);
  three.taken = "`third`";
  three.taken_as = read_definition(session, "third");
  EXPECT_EQ(compare_rows(session, three).taken, 1);
}

TEST_F(MysqlDifference, ReadsABaselineThatIsAQuery) {
  server().sql(
      "CREATE TABLE live(id INT PRIMARY KEY, a INT, b INT NOT NULL DEFAULT 3);"
      "CREATE TABLE old(id INT PRIMARY KEY, a INT); CREATE TABLE source LIKE live;"
      "INSERT INTO old VALUES (1, 1), (2, 2), (3, 3); INSERT INTO source VALUES (2, 2, 9);"
      "INSERT INTO live VALUES (1, 1, 3), (2, 2, 9), (3, 3, 4)");
  Session session = open();
  Comparison query = comparison(session, "live", "live");
  const Projection projection{*read_definition(session, "old"), query.now, "old", "source"};
  query.baseline = {"(" + select_projected(projection) + ")"};
  const Difference difference = compare_rows(session, query);
  EXPECT_EQ(difference.changed, 1);
  EXPECT_EQ(difference.inserted + difference.deleted, 0);
}

TEST_F(MysqlDifference, StopsCountingAtItsLimit) {
  make("id INT PRIMARY KEY, v INT");
  server().sql("INSERT INTO live VALUES (1, 1)");
  Session session = open();
  Comparison limited = comparison(session);
  limited.baseline = {"(SELECT 1 AS id, sleep(20) AS v)"};
  limited.limit = std::chrono::milliseconds(300);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(compare_rows(session, limited).counted);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  limited.limit = std::chrono::milliseconds(0);
  EXPECT_FALSE(compare_rows(session, limited).counted);
  EXPECT_EQ(session.number("SELECT sleep(1)"), 0);  // the session is as it was
}

}  // namespace
}  // namespace rollback::mysql
