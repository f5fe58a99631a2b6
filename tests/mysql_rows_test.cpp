#include <thread>

#include "mysql_fixture.h"
#include "os/error.h"
#include "part/database/mysql/backup/backup_table.h"
#include "part/database/mysql/rows/rows.h"

namespace rollback::mysql {
namespace {

class MysqlRows : public MysqlEngineTest {
 protected:
  // Copies a table and says that the copy has the same rows, by the hash and by
  // the server's own checksum of values.
  Hashed expect_copied(const std::string& table) {
    Session reader = open();
    std::vector<Session> writers{open(), open()};
    const auto definition = read_definition(reader, table);
    EXPECT_TRUE(definition) << table;
    const std::string backup = free_backup_name(reader, table, "20261123T100000Z-4f2a91c");
    reader.run(create_backup(*definition, backup, "20261123T100000Z-4f2a91c"));
    const Hashed copied =
        copy_rows(reader, writers, {.definition = *definition, .from = table, .to = backup});
    const Hashed original = hash_rows(reader, *definition, table);
    const Hashed copy = hash_rows(reader, *definition, backup);
    EXPECT_EQ(copied.sha256, original.sha256) << table;
    EXPECT_EQ(copy.sha256, original.sha256) << table;
    EXPECT_EQ(copy.rows, original.rows) << table;
    EXPECT_TRUE(server().rows(backup) == server().rows(table)) << table;
    EXPECT_EQ(columns_of(backup), columns_of(table)) << table;
    return copy;
  }
  std::string columns_of(const std::string& table) {
    Session session = open();
    std::string text;
    const auto definition = read_definition(session, table);
    for (const Element& element : definition->create.elements) {
      if (element.kind == Element::Kind::column) text += element.sql + "\n";
    }
    return text;
  }
};

// What both servers know.
const char* const every_kind =
    "SET sql_mode='ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'; SET time_zone='+00:00';"
    "CREATE TABLE every("
    " id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED,"
    " m MEDIUMINT, i INT(8) UNSIGNED ZEROFILL, d DECIMAL(65,30), f FLOAT, f2 FLOAT(7,3),"
    " x DOUBLE, x2 DOUBLE(12,2), bits BIT(64), three BIT(3),"
    " c CHAR(10), v VARCHAR(100) CHARACTER SET utf8mb4, l VARCHAR(100) CHARACTER SET latin1,"
    " sj VARCHAR(100) CHARACTER SET sjis, g VARCHAR(100) CHARACTER SET gbk,"
    " u VARCHAR(100) CHARACTER SET utf16, a VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin,"
    " tt TINYTEXT, tx TEXT, mt MEDIUMTEXT, lt LONGTEXT CHARACTER SET ucs2,"
    " bn BINARY(5), vb VARBINARY(300), tb TINYBLOB, bl BLOB, lb LONGBLOB,"
    " e ENUM('a','it''s','\\\\') CHARACTER SET latin1, st SET('x','y','z'),"
    " da DATE, ti TIME(6), dt DATETIME(3), ts TIMESTAMP(6) NULL, ye YEAR, js JSON,"
    " ge GEOMETRY, gen INT GENERATED ALWAYS AS (t+1) STORED, vir INT GENERATED ALWAYS AS (t+2),"
    " inv INT INVISIBLE DEFAULT 7, `we``ird \"name'` INT NOT NULL DEFAULT 3);"
    "INSERT INTO every(id) VALUES (0),(1);"
    "INSERT INTO every(id,t,s,m,i,d,f,f2,x,x2,bits,three,c,v,l,sj,g,u,a,tt,tx,mt,lt,bn,vb,tb,bl,lb,"
    " e,st,da,ti,dt,ts,ye,js,ge,inv) VALUES"
    " (18446744073709551615,-128,65535,-8388608,42,-12345678901234567890.123456789012345678901234,"
    "  1.1,3.14159,0.1,2.675,0xFFFFFFFFFFFFFFFF,5,'pad ','\xf0\x9f\x98\x80 ''q'' \\\\ x',"
    "  X'00', CONVERT(X'835C275C' USING sjis), CONVERT(X'A27C815C' USING gbk), "
    "'\xc3\xa9\xe2\x82\xac', 'a',"
    "  '','  lead','m''m','\xe2\x82\xac',X'00',X'00FF275C0A0D1A',X'',X'5C',"
    "  CONCAT(REPEAT(X'FF00275C',20000)), 2,5,'2023-02-31','-838:59:59.000000',"
    "  '2026-01-01 10:00:00.123','2026-01-01 10:00:00.123456',2026,'{\"a\": [1, "
    "\"\xe2\x82\xac\\\\\"\"]}',"
    "  ST_GeomFromText('POINT(1 2)',4326), NULL),"
    " (77,127,0,8388607,0,0.000000000000000000000000000001,-3.4028234e38,0,1.7976931348623157e308,-"
    "0.01,"
    "  0,0,'','','\xc3\xbf','','','','','t','t','t','t','abcde','b','b','b','b',"
    "  3,0,'0000-00-00','838:59:59','0000-00-00 00:00:00',"
    "  '1970-01-01 00:00:01',0,'null',NULL,5);"
    "INSERT IGNORE INTO every(id,e) VALUES (78,'no such');";

TEST_F(MysqlRows, EveryKindOfColumnIsExact) {
  server().sql(every_kind);
  EXPECT_EQ(expect_copied("every").rows, 5);
  EXPECT_EQ(server().value("SELECT count(*) FROM every_backup_20261123T100000Z WHERE e=0"), "1");
  EXPECT_EQ(server().value("SELECT count(*) FROM every AS a JOIN every_backup_20261123T100000Z AS b"
                           " USING(id) WHERE a.f <=> b.f AND a.x <=> b.x AND a.inv <=> b.inv AND"
                           " a.x2*1e0 <=> b.x2*1e0 AND a.f2*1e0 <=> b.f2*1e0"
                           " AND HEX(a.sj) <=> HEX(b.sj) AND HEX(a.g) <=> HEX(b.g)"
                           " AND HEX(a.ge) <=> HEX(b.ge)"),
            "5");
}

TEST_F(MysqlRows, ARowsValuesShowInItsHash) {
  server().sql(
      "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(9) COLLATE utf8mb4_general_ci);"
      "CREATE TABLE o(a INT PRIMARY KEY, b VARCHAR(9) COLLATE utf8mb4_general_ci);"
      "INSERT INTO t VALUES (1,'a'),(2,NULL); INSERT INTO o VALUES (2,NULL),(1,'A')");
  Session session = open();
  const auto definition = read_definition(session, "t");
  EXPECT_NE(hash_rows(session, *definition, "t").sha256,
            hash_rows(session, *definition, "o").sha256);
  server().sql("UPDATE o SET b='a' WHERE a=1");
  EXPECT_EQ(hash_rows(session, *definition, "t").sha256,
            hash_rows(session, *definition, "o").sha256);
  server().sql("DELETE FROM o");
  EXPECT_EQ(hash_rows(session, *definition, "o").sha256, hash_of_no_rows());
  EXPECT_EQ(hash_of_no_rows(), std::string(64, '0'));
}

TEST_F(MysqlRows, TheHashIsTheSumOfThatOfEachRow) {
  RowHash two;
  two.add("(1)");
  two.add("(1)");
  RowHash one;
  one.add("(1)");
  EXPECT_EQ(one.finish().sha256, sha256("(1)"));
  const std::string first = two.finish().sha256;
  EXPECT_NE(first, one.finish().sha256);
  RowHash ab;
  ab.add("(1)");
  ab.add("(2)");
  RowHash ba;
  ba.add("(2)");
  ba.add("(1)");
  EXPECT_EQ(ab.finish().sha256, ba.finish().sha256);
}

TEST_F(MysqlRows, TablesOfEveryShapeAreCopied) {
  server().sql(
      "CREATE TABLE `no``key`(a INT, b TEXT); INSERT INTO `no``key` VALUES "
      "(1,'x'),(1,'x'),(NULL,NULL);"
      "CREATE TABLE only_unique(a INT NOT NULL, b INT, UNIQUE KEY(a), KEY(b));"
      "INSERT INTO only_unique VALUES (3,3),(1,1);"
      "CREATE TABLE counted(n INT AUTO_INCREMENT, p VARCHAR(9) PRIMARY KEY, KEY(n), UNIQUE KEY(p, "
      "n))"
      " COMMENT='it''s, COMMENT=''x''' ROW_FORMAT=DYNAMIC; INSERT INTO counted(p) VALUES "
      "('b'),('a');"
      "CREATE TABLE parts(id INT, v TEXT, PRIMARY KEY(id), KEY(v(3))) COMMENT='x'"
      " PARTITION BY RANGE(id) (PARTITION p0 VALUES LESS THAN (10) COMMENT='p',"
      " PARTITION p1 VALUES LESS THAN MAXVALUE); INSERT INTO parts VALUES (20,'b'),(1,'a');"
      "CREATE TABLE my(a INT PRIMARY KEY, b TEXT, FULLTEXT KEY(b)) ENGINE=MyISAM;"
      "INSERT INTO my VALUES (2,'b'),(1,'a');"
      "CREATE TABLE child(id INT PRIMARY KEY, p INT, KEY(p), CONSTRAINT fk FOREIGN KEY (p)"
      " REFERENCES only_unique(a), CONSTRAINT ck CHECK (p > 0)); INSERT INTO child VALUES (1,3);"
      "CREATE TABLE none(a INT PRIMARY KEY)");
  for (const char* const table :
       {"no`key", "only_unique", "counted", "parts", "my", "child", "none"}) {
    expect_copied(table);
  }
  EXPECT_EQ(server().value("SELECT table_comment FROM information_schema.tables WHERE"
                           " table_name='counted_backup_20261123T100000Z'"),
            "git rollback backup of counted at 20261123T100000Z-4f2a91c");
  EXPECT_EQ(server().value("SELECT count(*) FROM information_schema.partitions WHERE"
                           " table_name='parts_backup_20261123T100000Z'"),
            "2");
  EXPECT_EQ(server().value("SELECT count(*) FROM information_schema.table_constraints WHERE"
                           " table_name='child_backup_20261123T100000Z'"),
            "1");
}

TEST_F(MysqlRows, TypesOfMariaDbAreExact) {
  if (!testing::MysqlServer::is_mariadb()) GTEST_SKIP() << "these are MariaDB's";
  server().sql(
      "CREATE TABLE own(id UUID PRIMARY KEY, i4 INET4, i6 INET6, z VARCHAR(3000) COMPRESSED);"
      "INSERT INTO own VALUES "
      "('123e4567-e89b-12d3-a456-426655440000','1.2.3.4','::1',REPEAT('z',2000)),"
      " ('00000000-0000-0000-0000-000000000000',NULL,NULL,NULL);"
      "CREATE TABLE ver(a INT PRIMARY KEY, b INT) WITH SYSTEM VERSIONING;"
      "INSERT INTO ver VALUES (1,1),(2,2); UPDATE ver SET b=3; DELETE FROM ver WHERE a=1;"
      "CREATE TABLE ver2(a INT, b INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE,"
      " e TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME(s, e))"
      " WITH SYSTEM VERSIONING; INSERT INTO ver2 VALUES (1,1); UPDATE ver2 SET b=3;");
  expect_copied("own");
  EXPECT_EQ(expect_copied("ver").rows, 4);
  EXPECT_EQ(expect_copied("ver2").rows, 2);
  for (const char* const table : {"ver", "ver2"}) {
    const std::string backup = std::string(table) + "_backup_20261123T100000Z";
    const std::string columns =
        std::string(table) == "ver" ? "a, b, row_start, row_end" : "a, b, s, e";
    const auto history = [&](const std::string& of) {
      return server().sql("SELECT " + columns + " FROM " + of +
                          " FOR SYSTEM_TIME ALL ORDER BY 1,2,3");
    };
    EXPECT_EQ(history(backup), history(table));
  }
}

TEST_F(MysqlRows, VectorsOfMySqlAreExact) {
  if (testing::MysqlServer::is_mariadb()) GTEST_SKIP() << "MariaDB 10.11 has none";
  server().sql(
      "CREATE TABLE vec(id INT PRIMARY KEY, v VECTOR(3));"
      "INSERT INTO vec VALUES (1, STRING_TO_VECTOR('[1.5,-2,0.1]')), (2, NULL)");
  expect_copied("vec");
}

TEST_F(MysqlRows, ARowThatDoesNotFitIntoAPacketIsNamed) {
  server().sql(
      "CREATE TABLE big(a INT PRIMARY KEY, b LONGBLOB, c LONGBLOB);"
      "INSERT INTO big VALUES (1, REPEAT('x', 9000000), NULL);");
  expect_copied("big");
  server().sql(
      "CREATE TABLE wide(a INT PRIMARY KEY, b TEXT, c JSON);"
      "INSERT INTO wide VALUES (1, REPEAT('x', 40000), NULL);"
      "CREATE TABLE words(a INT PRIMARY KEY, b JSON, c LONGTEXT);"
      "INSERT INTO words VALUES (1, CONCAT('\"', REPEAT('x', 90000), '\"'), NULL),"
      " (2, NULL, REPEAT('\xc3\xa9', 90000))");
  server().sql("SET GLOBAL max_allowed_packet = 65536");
  Session session = open();
  for (const std::string table : {"big", "wide", "words"}) {
    const auto definition = read_definition(session, table);
    for (const char* const row : {"1", "2"}) {
      if (table != "words" && row[0] == '2') continue;
      EXPECT_FALSE(session.value("SELECT " + row_text(*definition, "t") + " FROM " + table +
                                 " AS t WHERE a=" + row))
          << table << row;
    }
    try {
      hash_rows(session, *definition, table);
      ADD_FAILURE() << "nothing was said of " << table;
    } catch (const Refused& error) {
      EXPECT_EQ(error.what(),
                "table '" + table + "' has a row that is longer than max_allowed_packet");
    }
  }
}

TEST_F(MysqlRows, RowsThatEndWithAnErrorAreNotTakenForAll) {
  server().sql(
      "CREATE TABLE t(a INT PRIMARY KEY, b TEXT);"
      "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE"
      " i<900) SELECT i, REPEAT('x', 30000) FROM n");
  Session session = open();
  int rows = 0;
  EXPECT_THROW(session.stream("SELECT a, b, (SELECT 1 UNION SELECT 2 FROM t AS i WHERE i.a = 1 AND"
                              " t.a > 700) FROM t ORDER BY a",
                              [&](const Row&) { ++rows; }),
               ServerError);
  EXPECT_EQ(rows, 700);
  rows = 0;
  EXPECT_THROW(session.stream("SELECT a, b FROM t",
                              [&](const Row&) {
                                if (++rows == 1) open().run("KILL " + std::to_string(session.id()));
                              }),
               ServerError);
}

TEST_F(MysqlRows, WhatAWriterFailsByEndsTheCopy) {
  server().sql(
      "CREATE TABLE t(a INT PRIMARY KEY, b TEXT);"
      "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE"
      " i<900) SELECT i, REPEAT('x', 30000) FROM n; CREATE TABLE o(a INT PRIMARY KEY);");
  Session reader = open();
  std::vector<Session> writers{open(), open()};
  const auto definition = read_definition(reader, "t");
  EXPECT_THROW(copy_rows(reader, writers, {.definition = *definition, .from = "t", .to = "o"}),
               ServerError);
  int calls = 0;
  const auto stop = [&](const Hashed&) {
    if (++calls == 3) throw Refused("stop");
  };
  EXPECT_THROW(copy_rows(reader, writers,
                         {.definition = *definition, .from = "t", .to = "t2", .between = stop}),
               std::exception);
  EXPECT_EQ(open().number("SELECT 1"), 1);
}

}  // namespace
}  // namespace rollback::mysql
