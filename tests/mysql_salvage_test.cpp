// Salvage of tables of MySQL and MariaDB: what is not live, and every value through an
// export and back.
#include "mysql_part_fixture.h"
#include "part/database/mysql/rows/rows.h"
#include "salvage_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlSalvage : public SalvageTest<MysqlPartTest> {
 protected:
  // As the rows of `shape`, which may be a table of other columns.
  std::string hash_of(const std::string& table, const std::string& shape) {
    Session session = open();
    const auto definition = read_definition(session, shape);
    return hash_rows(session, *definition, table).sha256;
  }
};

const char* const players =
    "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), level INT);"
    "INSERT INTO playerbot VALUES (1,'ada',1),(2,'ben',2);";

TEST_F(MysqlSalvage, CountsTheRowsThatAreNotLiveByKey) {
  displace(players,
           "ALTER TABLE playerbot ADD COLUMN guild VARCHAR(9);"
           "INSERT INTO playerbot VALUES (3,'cat',3,'red'),(4,'dan',4,NULL);"
           "UPDATE playerbot SET level = 9 WHERE id = 1; DELETE FROM playerbot WHERE id = 2");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.operation, operation_);
  EXPECT_EQ(table.component, "bots");
  EXPECT_EQ(table.database, "world");
  EXPECT_EQ(table.rows, 3);
  EXPECT_EQ(table.missing, 2);
}

// Of the columns that both have: `old` and `fresh` have no say.
TEST_F(MysqlSalvage, TellsRowsThatChangedSinceFromThoseThatAreNotLive) {
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(20) COLLATE utf8mb4_general_ci,"
      " old INT, e ENUM('x','b','a'), n INT, f FLOAT);"
      "INSERT INTO playerbot VALUES (1,'ada',1,'a',1,0.1),(2,'ben',2,'b',NULL,NULL),"
      "(3,'cat',3,'x',3,3),(4,'dan',4,'a',4,4),(5,'eve',5,'a',5,5)",
      "ALTER TABLE playerbot DROP COLUMN old, ADD COLUMN fresh INT DEFAULT 7,"
      " MODIFY e ENUM('a','b','x'), MODIFY n VARCHAR(9);"
      "UPDATE playerbot SET name = 'Ada' WHERE id = 1; UPDATE playerbot SET n = NULL WHERE id = 3;"
      "UPDATE playerbot SET name = 'dan ' WHERE id = 4; UPDATE playerbot SET e = 'b' WHERE id = 5;"
      "INSERT INTO playerbot VALUES (6,'fay','x','6',6,6)");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.missing, 1);
  EXPECT_EQ(table.changed, 4);
  EXPECT_EQ(exported(*part(), table, ExportFormat::csv, SalvageRows::changed),
            "id,name,e,n,f,fresh\r\n1,Ada,a,1,0.10000000149011612,7\r\n3,cat,x,,3,7\r\n"
            "4,\"dan \",a,4,4,7\r\n5,eve,b,5,5,7\r\n");
  const PutBack left = put_back(*part(), table, {});
  EXPECT_EQ(left.put, 1);
  EXPECT_EQ(left.changed, 4);
  EXPECT_TRUE(left.all_went());
  const PutBack seen = put_changed_back(*part(), table, false);
  ASSERT_EQ(seen.conflicts.size(), 4U);
  EXPECT_EQ(seen.conflicts[0].columns, (std::vector<std::string>{"name"}));
  EXPECT_EQ(seen.conflicts[3].columns, (std::vector<std::string>{"e"}));
  EXPECT_EQ(put_changed_back(*part(), table, true).overwritten, 4);
  EXPECT_EQ(salvaged(*part(), "playerbot").changed, 0);
  EXPECT_EQ(value("SELECT group_concat(name ORDER BY id) FROM playerbot"),
            "Ada,ben,cat,dan ,eve,fay");
}

// Rows can all be live, and their values in such a column not.
TEST_F(MysqlSalvage, CountsTheValuesOfColumnsThatTheLiveTableHasNot) {
  displace(players,
           "ALTER TABLE playerbot ADD COLUMN guild VARCHAR(9) DEFAULT 'red',"
           " ADD COLUMN f FLOAT NOT NULL DEFAULT 0.1, ADD COLUMN `it's``all` INT,"
           " ADD COLUMN twice INT AS (level * 2);"
           "UPDATE playerbot SET guild = 'Red' WHERE id = 1;"
           "UPDATE playerbot SET guild = NULL, `it's``all` = 0 WHERE id = 2;"
           "INSERT INTO playerbot(id,f) VALUES (3,1)");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.missing, 1);
  EXPECT_EQ(table.changed, 0);
  EXPECT_EQ(values_not_live(table), "guild 2, f 1, it's`all 1: 3 rows");
}

TEST_F(MysqlSalvage, SaysOfNoValueThatItIsNotLiveWhereTheLiveTableHasItsColumn) {
  displace(players, "UPDATE playerbot SET level = 9; INSERT INTO playerbot(name) VALUES ('cat')");
  EXPECT_EQ(values_not_live(salvaged(*part(), "playerbot")), ": 0 rows");
  run("DROP TABLE playerbot");
  EXPECT_EQ(values_not_live(salvaged(*part(), "playerbot")), ": 0 rows");
}

TEST_F(MysqlSalvage, CountsSuchValuesAlsoWhereItIsNotKnownWhichRowsAreLive) {
  displace(players,
           "ALTER TABLE playerbot ADD COLUMN guild INT;"
           "UPDATE playerbot SET guild = 7 WHERE id = 2;"
           "ALTER TABLE playerbot RENAME COLUMN id TO number");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_FALSE(table.missing);
  EXPECT_EQ(values_not_live(table), "number 2, guild 1: 2 rows");
}

TEST_F(MysqlSalvage, WithoutAKeyComparesWholeRowsAsOftenAsTheyAreThere) {
  displace(
      "CREATE TABLE playerbot(a INT, b VARCHAR(9) COLLATE utf8mb4_general_ci);"
      "INSERT INTO playerbot VALUES (1,'x'),(1,'x'),(2,NULL);",
      "INSERT INTO playerbot(a,b) VALUES (1,'x'),(2,NULL),(2,NULL),(1,'X'),(1,'x '),"
      "(NULL,NULL)");
  EXPECT_EQ(missing("playerbot"), "6");
  EXPECT_EQ(salvaged(*part(), "playerbot").changed, 0);
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 6);
  EXPECT_TRUE(result.all_went());
  EXPECT_EQ(missing("playerbot"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "9");
}

const char* const every_kind =
    "CREATE TABLE playerbot(id INT PRIMARY KEY, i8 TINYINT UNSIGNED, i64 BIGINT, u64 BIGINT "
    "UNSIGNED, d DECIMAL(40,20), f FLOAT, g DOUBLE, bits BIT(13), y YEAR, dt DATE, "
    "t TIME(6), m DATETIME(6), ts TIMESTAMP(3) NULL, "
    "c CHAR(5), v VARCHAR(60), l1 VARCHAR(20) CHARACTER SET latin1, "
    "u16 VARCHAR(20) CHARACTER SET utf16, tt TINYTEXT, mt MEDIUMTEXT, lt LONGTEXT, "
    "b BINARY(4), vb VARBINARY(20), bl BLOB, mb MEDIUMBLOB, lb LONGBLOB, "
    "e ENUM('one','tw,o','th''ree'), s SET('a','b','c'), j JSON, p POINT, "
    "gen INT AS (id * 2) STORED, virt INT AS (id * 3));";

TEST_F(MysqlSalvage, EveryValueSurvivesAnExportAndItsImport) {
  displace(every_kind, "ALTER TABLE playerbot ADD COLUMN gone INT");
  const auto table = salvaged(*part(), "playerbot");
  const std::string into =
      "SET sql_mode='ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO';"
      "SET time_zone='+00:00'; INSERT INTO " +
      identifier(table.name) +
      "(id,i8,i64,u64,d,f,g,bits,y,dt,t,m,ts,c,v,l1,u16,tt,mt,lt,b,vb,bl,mb,"
      "lb,e,s,j,p) VALUES ";
  run(into +
      "(0,255,-9223372036854775808,18446744073709551615,"
      "-12345678901234567890.00000000000000000001,16777216.5,0.1,b'1000000000001',2155,"
      "'0000-00-00','-838:59:59.000000','9999-12-31 23:59:59.999999',"
      "'1970-01-01 00:00:01.001','a  ','it''s \\\\ \"x\" 😀',_latin1 x'e9ff',"
      "_utf16 x'00e90041','','cr\\r\\nlf\\0nul\\Z','''; DROP TABLE playerbot; --',"
      "x'00ff0d0a',x'0d0a00',x'2700',x'0d0a2227005c',x'00','tw,o','a,c',"
      "'{\"k\": [1, \"\\\\u00e9\"]}',ST_GeomFromText('POINT(1 -2)'))");
  run(into +
      "(1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
      "NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)");
  run(into +
      "(-1,0,0,0,0,1e-30,1.7976931348623157e308,0,0,'2026-02-30','00:00:00','0000-00-00',"
      "'2038-01-19 03:14:07','','','','','','','','','','','','',1,'','[]',NULL)");
  const std::string shape = "playerbot";
  const std::string before = hash_of(table.name, shape);
  server().sql(exported(*part(), table, ExportFormat::sql));
  EXPECT_EQ(hash_of("playerbot", shape), before);

  run("DELETE FROM playerbot");
  const PutBack result = put_back(*part(), table, {});
  EXPECT_EQ(result.put, 3);
  EXPECT_TRUE(result.all_went()) << (result.unfit.empty() ? "" : result.unfit[0].reason);
  EXPECT_EQ(hash_of("playerbot", shape), before);
  EXPECT_EQ(put_back(*part(), table, {"0", "1", "-1"}).already, 3);
}

TEST_F(MysqlSalvage, ValuesFollowAColumnThatHasAnotherTypeNow) {
  displace(
      "CREATE TABLE playerbot(id BIGINT PRIMARY KEY, e ENUM('x','b','a'), "
      "l VARCHAR(20) CHARACTER SET latin1, n VARCHAR(10), z INT);",
      "ALTER TABLE playerbot MODIFY e ENUM('a','b'), MODIFY id INT,"
      " MODIFY l VARCHAR(20) CHARACTER SET utf8mb4, MODIFY n INT, MODIFY z VARCHAR(9);"
      "INSERT INTO playerbot VALUES (1,'a','é€',12,'34'),(2,'b','x',-5,'6')");
  const auto table = salvaged(*part(), "playerbot");
  const std::string wanted = "1|a|é€|12|34;2|b|x|-5|6";
  const std::string now =
      "SELECT group_concat(concat_ws('|', id, e, CONVERT(l USING utf8mb4), n, z)"
      " ORDER BY id SEPARATOR ';') FROM playerbot";
  server().sql(exported(*part(), table, ExportFormat::sql));
  EXPECT_EQ(value(now), wanted);
  EXPECT_EQ(put_back(*part(), table, {"1", "2"}).already, 2);
  run("DELETE FROM playerbot");
  EXPECT_EQ(put_back(*part(), table, {}).put, 2);
  EXPECT_EQ(value(now), wanted);
}

TEST_F(MysqlSalvage, WritesCsvWithNullEmptyTextAndBytes) {
  displace(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, `a,b` TEXT, v VARBINARY(9), x BIT(4),"
      " f FLOAT, l VARCHAR(9) CHARACTER SET latin1, g INT AS (id + 1))",
      "INSERT INTO playerbot(id,`a,b`,v,x,f,l) VALUES (1,NULL,'',b'101',0.1,'é'),"
      "(2,'x,\"y\"\\r\\n',x'00ff',NULL,NULL,NULL)");
  EXPECT_EQ(exported(*part(), salvaged(*part(), "playerbot"), ExportFormat::csv),
            "id,\"a,b\",v,x,f,l,g\r\n1,,\"\",5,0.10000000149011612,é,2\r\n"
            "2,\"x,\"\"y\"\"\r\n\",00FF,,,,3\r\n");
}

TEST_F(MysqlSalvage, ExportsTheMissingRowsAlone) {
  displace(players, "INSERT INTO playerbot VALUES (3,'cat',3)");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(exported(*part(), table, ExportFormat::csv, SalvageRows::missing),
            "id,name,level\r\n3,cat,3\r\n");
  server().sql(exported(*part(), table, ExportFormat::sql, SalvageRows::missing));
  EXPECT_EQ(value("SELECT group_concat(name ORDER BY id) FROM playerbot"), "ada,ben,cat");
}

TEST_F(MysqlSalvage, HostileNamesAndKeysAreOnlyNames) {
  settings_.tables = {"*"};
  const std::string table = "a\"b'c`d;e, --" + std::string(51, 'x');
  const std::string name = identifier(table);
  displace("CREATE TABLE " + name +
               "(`k``1'` VARCHAR(20) COLLATE utf8mb4_bin, `select` VARBINARY(9), `v \\;` INT,"
               " PRIMARY KEY(`k``1'`, `select`))",
           "INSERT INTO " + name +
               " VALUES ('a:b,c\\\\', x'00ff', 1), ('''; DROP', x'', 2), ('x\\ny', x'2c', 3)");
  const auto one = salvaged(*part(), table);
  EXPECT_EQ(one.missing, 3);
  server().sql(exported(*part(), one, ExportFormat::sql));
  EXPECT_EQ(missing(table), "0");
  run("DELETE FROM " + name);
  const PutBack result = put_back(
      *part(), one, {"a\\:b\\,c\\\\:00FF", "'; DROP:", "x\ny:2c", "no:", "x' OR 1=1 --:zz"});
  EXPECT_EQ(result.put, 3);
  EXPECT_EQ(result.not_found, (std::vector<std::string>{"no:", "x' OR 1=1 --:zz"}));
  EXPECT_THROW(put_back(*part(), one, {"one"}), Usage);
}

TEST_F(MysqlSalvage, ATableThatIsNoLongerLiveIsExportedWhole) {
  displace("CREATE TABLE playerbot(id INT PRIMARY KEY)",
           "CREATE TABLE playerbot_new(id INT PRIMARY KEY, v VARCHAR(9));"
           "INSERT INTO playerbot_new VALUES (1,'x')");
  const auto table = salvaged(*part(), "playerbot_new");
  EXPECT_EQ(table.missing, 1);
  EXPECT_EQ(table.changed, 0);
  EXPECT_THROW(put_back(*part(), table, {}), Refused);
  run("CREATE TABLE playerbot_new(id INT PRIMARY KEY, v VARCHAR(9))");
  server().sql(exported(*part(), table, ExportFormat::sql));
  EXPECT_EQ(value("SELECT v FROM playerbot_new WHERE id = 1"), "x");
}

TEST_F(MysqlSalvage, RowsThatWereSetAsideAreListedWithTheReason) {
  run(players);
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN guild INT");
  const std::string prepared = part()->prepare(to(point, Rows::restore, 100));
  swap(prepared);
  run("INSERT INTO playerbot VALUES (9,'eve',9)");
  revert(prepared);
  part()->discard(operation_);
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.operation, operation_);
  EXPECT_FALSE(table.reason.empty());
  EXPECT_EQ(table.missing, 1);
  EXPECT_EQ(put_back(*part(), table, {"9"}).put, 1);
  EXPECT_EQ(value("SELECT concat(name, level) FROM playerbot WHERE id = 9"), "eve9");
}

TEST_F(MysqlSalvage, WhatTheRegistryHasLostIsListedByItsName) {
  const std::string longest = "playerbot_" + std::string(54, 'p');
  displace(players, "INSERT INTO playerbot VALUES (3,'cleo',3)");
  const auto before = salvaged(*part(), "playerbot");
  run("DROP TABLE git_rollback_backups, git_rollback_operations, git_rollback_aside;"
      "CREATE TABLE " +
      longest + " (id INT PRIMARY KEY); CREATE TABLE " +
      names::displaced_table(longest, before.operation) + " AS SELECT 7 AS id");
  const auto after = salvaged(*part(), "playerbot");
  EXPECT_EQ(after.operation, before.operation);
  EXPECT_EQ(after.name, before.name);
  EXPECT_EQ(after.rows, 3);
  EXPECT_EQ(missing("playerbot"), "1");
  EXPECT_EQ(missing(longest), "1");
  EXPECT_EQ(put_back(*part(), after, {}).put, 1);
}

}  // namespace
}  // namespace rollback::mysql
