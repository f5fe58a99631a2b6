// What is written is carried over by the keys of its rows, whatever their type.
#include <array>
#include <vector>

#include "mysql_log_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlCarriedKeys : public MysqlLogTest {};

struct KeyCase {
  const char* columns;
  const char *changed, *deleted, *inserted;
  bool mariadb_alone = false;
};

TEST_F(MysqlCarriedKeys, CarriesRowsByEveryKindOfKey) {
  const std::vector<KeyCase> cases{
      {"k BIGINT UNSIGNED", "0", "18446744073709551615", "9223372036854775808"},
      {"k DECIMAL(30,6)", "0.1", "-12345678901234567890.000001", "3"},
      {"k DOUBLE", "0.1", "1e300", "-2.2250738585072014e-308"},
      {"k BIT(10)", "b'0'", "b'1111111111'", "b'101'"},
      {"k DATE", "'0000-00-00'", "'2026-11-28'", "'9999-12-31'"},
      {"k DATETIME(6)", "'2026-11-28 01:02:03.000001'", "'2026-11-28 01:02:03.000002'",
       "'1000-01-01 00:00:00'"},
      {"k TIMESTAMP(3) DEFAULT '2000-01-01 12:00:00'", "'2026-11-28 01:02:03.001'",
       "'2026-11-28 01:02:03.002'", "'1999-01-01 12:00:00'"},
      {"k TIME(6)", "'-838:59:59.000000'", "'00:00:00.000001'", "'12:00:00'"},
      {"k YEAR", "'0000'", "2000", "'2155'"},
      {"k ENUM('', 'b', '2')", "''", "'b'", "'2'"},
      {"k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", "''", "'Ä'",
       "'o''b\\\\`\\n\";'"},
      {"k CHAR(5) CHARACTER SET latin1 COLLATE latin1_bin", "'a'", "'A'", "'é'"},
      {"k VARCHAR(20) CHARACTER SET ucs2", "'a'", "'€'", "'ab'"},
      {"k BINARY(3)", "x'000000'", "x'ff0000'", "x'616200'"},
      {"k VARBINARY(9)", "''", "x'00'", "x'0000'"},
      {"k UUID", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
       "'123e4567-e89b-12d3-a456-426614174000'", true},
      {"k INET6", "'::'", "'::ffff:1.2.3.4'", "'fe80::1'", true}};
  for (const KeyCase& one : cases) {
    if (one.mariadb_alone && !session_->flavour().mariadb) continue;
    SCOPED_TRACE(one.columns);
    server().sql("SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE bot(part INT, v INT, " +
                 std::string(one.columns) +
                 " NOT NULL, PRIMARY KEY(k, part));"
                 " CREATE TABLE old LIKE bot; INSERT INTO bot(part, v, k) VALUES (1, 1, " +
                 one.changed + "), (1, 2, " + one.deleted + "), (2, 3, " + one.changed + ")");
    begin("bot", "old");
    server().sql(
        "SET sql_mode = 'ALLOW_INVALID_DATES'; UPDATE bot SET v = 9 WHERE v = 1;"
        " DELETE FROM bot WHERE v = 2; INSERT INTO bot(part, v, k) VALUES (1, 4, " +
        std::string(one.inserted) + ")");
    EXPECT_EQ(follow().keys, 3);
    expect_equal("bot", "old");
    EXPECT_EQ(server().value("SELECT group_concat(v ORDER BY v) FROM old"), "3,4,9");
    server().sql("SET sql_mode = 'ALLOW_INVALID_DATES'; UPDATE bot SET k = " +
                 std::string(one.deleted) + ", v = 5 WHERE v = 4; DELETE FROM bot WHERE v = 9");
    last();
    expect_equal("bot", "old");
    EXPECT_EQ(server().value("SELECT group_concat(v ORDER BY v) FROM old"), "3,5");
    EXPECT_EQ(server().value("SELECT count(*) FROM aside"), "0");
    server().sql("DROP TABLE bot, old, aside, git_rollback_log");
  }
}

TEST_F(MysqlCarriedKeys, DoesNotTakeOneKeyForAnotherThatThePointsTypeMakesOfIt) {
  const std::vector<std::array<const char*, 3>> cases{
      {"k INT", "k YEAR", "(2005, 1), (5, 2)"},
      {"k DECIMAL(6,3)", "k DECIMAL(6,1)", "(1.001, 1), (1.004, 2)"}};
  for (const auto& [today, then, rows] : cases) {
    SCOPED_TRACE(then);
    server().sql(std::string("CREATE TABLE bot(") + today +
                 " PRIMARY KEY, v INT); INSERT INTO bot VALUES " + rows + "; CREATE TABLE old(" +
                 then + " PRIMARY KEY, v INT)");
    begin("bot", "old");
    server().sql("UPDATE bot SET v = v + 100");
    last();
    EXPECT_EQ(server().sql("SELECT v FROM old UNION SELECT v FROM aside ORDER BY v DESC LIMIT 2"),
              "102\n101\n");
    EXPECT_EQ(server().sql("SELECT count(*) FROM old WHERE v < 100"), "0\n");
    server().sql("DROP TABLE bot, old, aside, git_rollback_log");
  }
}

}  // namespace
}  // namespace rollback::mysql
