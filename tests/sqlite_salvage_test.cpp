// Salvage of SQLite tables: what is not live, and every value through an export and
// back.
#include <fstream>

#include "database_fixture.h"
#include "salvage_fixture.h"

namespace rollback {
namespace {

class SqliteSalvage : public SalvageTest<DatabaseTest> {
 protected:
  // As the user's own program would.
  std::string import(const std::string& text) {
    const std::string input = (folder_ / "import.sql").string();
    std::ofstream(input, std::ios::binary) << text;
    const std::string errors = (folder_ / "errors").string();
    const std::string command =
        "sqlite3 -bail '" + file() + "' <'" + input + "' 2>'" + errors + "' >&2";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_all(errors);
    return read_all(errors);
  }

  // Types and bytes of all rows.
  std::string rows_of(const std::string& table, const std::string& columns) {
    std::string text;
    auto db = open();
    std::string list, names = columns + ",";
    for (size_t at = 0; at < names.size(); at = names.find(',', at) + 1) {
      const std::string name = names.substr(at, names.find(',', at) - at);
      list += (list.empty() ? "" : "||','||") +
              ("typeof(" + name + ")||hex(CAST(" + name + " AS BLOB))||ifnull(CASE typeof(" + name +
               ") WHEN 'real' THEN quote(" + name + ") END,'')");
    }
    SQLite::Statement query(db, "SELECT coalesce(" + list + ",'?') FROM " + table + " ORDER BY 1");
    while (query.executeStep()) text += query.getColumn(0).getString() + "\n";
    return text;
  }

 private:
  static std::string read_all(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

const char* const players =
    "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT, level INT);"
    "INSERT INTO playerbot VALUES (1,'ada',1),(2,'ben',2);";

TEST_F(SqliteSalvage, CountsTheRowsThatAreNotLiveByKey) {
  displace(players,
           "ALTER TABLE playerbot ADD COLUMN guild;"
           "INSERT INTO playerbot VALUES (3,'cat',3,'red'),(4,'dan',4,NULL);"
           "UPDATE playerbot SET level = 9 WHERE id = 1; DELETE FROM playerbot WHERE id=2");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.operation, operation_);
  EXPECT_EQ(table.component, "bots");
  EXPECT_EQ(table.database, "world.db");
  EXPECT_EQ(table.rows, 3);
  EXPECT_EQ(table.missing, 2);
  EXPECT_EQ(table.reason, "");
}

// Of the columns that both have: `old` and `fresh` have no say.
TEST_F(SqliteSalvage, TellsRowsThatChangedSinceFromThoseThatAreNotLive) {
  displace(
      "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT, old INT, v);"
      "INSERT INTO playerbot VALUES (1,'ada',1,1),(2,'ben',2,NULL),(3,'cat',3,3),(4,'dan',4,x'61')",
      "ALTER TABLE playerbot DROP COLUMN old; ALTER TABLE playerbot ADD COLUMN fresh DEFAULT 'f';"
      "UPDATE playerbot SET name = 'Ada' WHERE id = 1; UPDATE playerbot SET v = 3.0 WHERE id = 3;"
      "UPDATE playerbot SET v = 'a' WHERE id = 4; INSERT INTO playerbot VALUES (5,'eve',5,'')");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.missing, 1);
  EXPECT_EQ(table.changed, 3);
  EXPECT_EQ(exported(*part(), table, ExportFormat::csv, SalvageRows::changed),
            "id,name,v,fresh\r\n1,Ada,1,f\r\n3,cat,3.0,f\r\n4,dan,a,f\r\n");
  const PutBack left = put_back(*part(), table, {});
  EXPECT_EQ(left.put, 1);
  EXPECT_EQ(left.changed, 3);
  EXPECT_TRUE(left.all_went());
  const PutBack seen = put_changed_back(*part(), table, false);
  ASSERT_EQ(seen.conflicts.size(), 3U);
  EXPECT_EQ(seen.conflicts[0].columns, (std::vector<std::string>{"name"}));
  EXPECT_EQ(seen.conflicts[1].key, "3");
  EXPECT_EQ(put_changed_back(*part(), table, true).overwritten, 3);
  EXPECT_EQ(salvaged(*part(), "playerbot").changed, 0);
  EXPECT_EQ(value("SELECT group_concat(name || old) FROM playerbot"), "Ada1,ben2,cat3,dan4");
}

// Rows can all be live, and their values in such a column not.
TEST_F(SqliteSalvage, CountsTheValuesOfColumnsThatTheLiveTableHasNot) {
  displace(players,
           "ALTER TABLE playerbot ADD COLUMN guild TEXT COLLATE NOCASE DEFAULT 'red';"
           "ALTER TABLE playerbot ADD COLUMN f REAL NOT NULL DEFAULT 1;"
           "ALTER TABLE playerbot ADD COLUMN \"it's\"\"all\";"
           "ALTER TABLE playerbot ADD COLUMN twice AS (id * 2);"
           "UPDATE playerbot SET guild = 'Red' WHERE id = 1;"
           "UPDATE playerbot SET guild = NULL, \"it's\"\"all\" = 0 WHERE id = 2;"
           "INSERT INTO playerbot(id,f) VALUES (3,1.5)");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.missing, 1);
  EXPECT_EQ(table.changed, 0);
  EXPECT_EQ(values_not_live(table), "guild 2, f 1, it's\"all 1: 3 rows");
}

TEST_F(SqliteSalvage, SaysOfNoValueThatItIsNotLiveWhereTheLiveTableHasItsColumn) {
  displace(players, "UPDATE playerbot SET level = 9; INSERT INTO playerbot(name) VALUES ('cat')");
  EXPECT_EQ(values_not_live(salvaged(*part(), "playerbot")), ": 0 rows");
  run("DROP TABLE playerbot");
  EXPECT_EQ(values_not_live(salvaged(*part(), "playerbot")), ": 0 rows");
}

TEST_F(SqliteSalvage, AValueIsTheSameWhereTheLiveColumnHoldsItSo) {
  displace(
      "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE);"
      "INSERT INTO playerbot VALUES (1,'7'),(2,'07'),(3,'a');",
      "DROP TABLE playerbot; CREATE TABLE playerbot(id INTEGER PRIMARY KEY, n INT);"
      "INSERT INTO playerbot VALUES (1,7),(2,7),(3,'A')");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.missing, 0);
  EXPECT_EQ(table.changed, 2);
  const PutBack result = put_back(*part(), table, {"1", "2", "3"});
  EXPECT_EQ(result.already, 1);
  EXPECT_EQ(result.conflicts.size(), 2U);
}

TEST_F(SqliteSalvage, WithoutAKeyComparesWholeRowsAsOftenAsTheyAreThere) {
  displace("CREATE TABLE playerbot(a, b); INSERT INTO playerbot VALUES (1,'x'),(1,'x'),(2,NULL);",
           "ALTER TABLE playerbot ADD COLUMN c;"
           "INSERT INTO playerbot(a,b) VALUES (1,'x'),(2,NULL),(2,NULL),(1.0,'x'),(NULL,NULL)");
  EXPECT_EQ(missing("playerbot"), "5");
  EXPECT_EQ(salvaged(*part(), "playerbot").changed, 0);
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 5);
  EXPECT_TRUE(result.all_went());
  EXPECT_EQ(missing("playerbot"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "8");
}

TEST_F(SqliteSalvage, AKeyThatIsNullIsComparedByTheWholeRow) {
  displace(
      "CREATE TABLE playerbot(k TEXT PRIMARY KEY, v); INSERT INTO playerbot VALUES (NULL,1);",
      "ALTER TABLE playerbot ADD COLUMN c; INSERT INTO playerbot(k,v) VALUES (NULL,2),('a',3)");
  EXPECT_EQ(missing("playerbot"), "2");
  EXPECT_EQ(put_back(*part(), salvaged(*part(), "playerbot"), {}).put, 2);
  EXPECT_EQ(value("SELECT group_concat(v) FROM (SELECT v FROM playerbot ORDER BY v)"), "1,2,3");
}

TEST_F(SqliteSalvage, SaysWhereItCannotBeKnownWhichRowsAreLive) {
  displace("CREATE TABLE playerbot(a INTEGER PRIMARY KEY, b); INSERT INTO playerbot VALUES (1,2);",
           "DROP TABLE playerbot; CREATE TABLE playerbot(c INTEGER PRIMARY KEY, b);"
           "INSERT INTO playerbot VALUES (1,2)");
  EXPECT_TRUE(missing("playerbot").find("'a' of the live table's key") != std::string::npos);
  EXPECT_THROW(put_back(*part(), salvaged(*part(), "playerbot"), {}), Refused);
  EXPECT_THROW(
      exported(*part(), salvaged(*part(), "playerbot"), ExportFormat::sql, SalvageRows::missing),
      Refused);
}

TEST_F(SqliteSalvage, EveryValueSurvivesAnExportAndItsImport) {
  displace("CREATE TABLE playerbot(id INTEGER PRIMARY KEY, v, t TEXT, r REAL, n NUMERIC, b BLOB)",
           "ALTER TABLE playerbot ADD COLUMN gone");
  run("DELETE FROM playerbot");
  const std::string table = salvaged(*part(), "playerbot").name;
  auto db = open();
  const auto add = [&](const std::string& values) {
    db.exec("INSERT INTO \"" + table + "\"(v, t, r, n, b) VALUES (" + values + ")");
  };
  add("NULL, NULL, NULL, NULL, NULL");
  add("'', '', 0.0, 0, x''");
  add("9223372036854775807, 'a', 1.0, -9223372036854775808, x'00ff0a0d27'");
  add("1.0, '1', 0.1, 1e300, 1");
  add("9e999, '-', -9e999, 0.30000000000000004, 5e-324");
  add("'it''s \"x\" \\', '''; DROP TABLE playerbot; --', 1.7976931348623157e308, 'x', 'blob'");
  add("'two'||char(13,10)||'lines', 'cr'||char(13)||char(10)||char(9)||char(0)||'nul', 2, 2, 2");
  add("CAST(x'ff80fe' AS TEXT), CAST(x'61c3' AS TEXT), 3, 3, CAST(x'2700' AS TEXT)");
  add("'žlutý 日本 😀', char(10)||'.quit'||char(10)||';'||char(10), 4, 4, char(26)");
  const std::string before = rows_of("\"" + table + "\"", "id,v,t,r,n,b");
  const std::string text = exported(*part(), salvaged(*part(), "playerbot"), ExportFormat::sql);
  EXPECT_EQ(import(text), "");
  EXPECT_EQ(rows_of("playerbot", "id,v,t,r,n,b"), before);

  run("DELETE FROM playerbot");
  const PutBack result = put_back(*part(), salvaged(*part(), "playerbot"), {});
  EXPECT_EQ(result.put, 9);
  EXPECT_TRUE(result.all_went());
  EXPECT_EQ(rows_of("playerbot", "id,v,t,r,n,b"), before);
  EXPECT_EQ(put_back(*part(), salvaged(*part(), "playerbot"), {"1", "4", "5", "7"}).already, 4);
}

TEST_F(SqliteSalvage, InUtf16TextSurvivesToo) {
  run("PRAGMA encoding='UTF-16le'");
  displace(players,
           "ALTER TABLE playerbot ADD COLUMN c; INSERT INTO playerbot(id,name) VALUES "
           "(3, 'a'||char(13,10,0)||'日😀'), (4, 'plain');");
  import(
      exported(*part(), salvaged(*part(), "playerbot"), ExportFormat::sql, SalvageRows::missing));
  EXPECT_EQ(rows_of("playerbot", "id,name"),
            rows_of("\"" + salvaged(*part(), "playerbot").name + "\"", "id,name"));
}

TEST_F(SqliteSalvage, WritesCsvWithNullEmptyTextAndBytes) {
  displace("CREATE TABLE playerbot(id INTEGER PRIMARY KEY, \"a,b\", v)",
           "INSERT INTO playerbot VALUES (1, NULL, ''), (2, 'x,\"y\"', x'00ff'), (3, 0.1, 1.0),"
           " (4, 'l'||char(10)||'m', -9e999);");
  EXPECT_EQ(exported(*part(), salvaged(*part(), "playerbot"), ExportFormat::csv),
            "id,\"a,b\",v\r\n1,,\"\"\r\n2,\"x,\"\"y\"\"\",00FF\r\n3,0.1,1.0\r\n"
            "4,\"l\nm\",-9e999\r\n");
}

TEST_F(SqliteSalvage, ExportsTheMissingRowsAlone) {
  displace(players, "INSERT INTO playerbot VALUES (3,'cat',3)");
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(exported(*part(), table, ExportFormat::sql, SalvageRows::missing),
            "BEGIN;\nINSERT INTO \"playerbot\"(\"id\", \"name\", \"level\") VALUES(3,'cat',3);\n"
            "COMMIT;\n");
  EXPECT_EQ(exported(*part(), table, ExportFormat::csv, SalvageRows::missing),
            "id,name,level\r\n3,cat,3\r\n");
}

TEST_F(SqliteSalvage, HostileNamesAndKeysAreOnlyNames) {
  settings_.tables = {"*"};
  const std::string table = "a\"b'c`d;e, --" + std::string(51, 'x');
  const std::string name = "\"a\"\"b'c`d;e, --" + std::string(51, 'x') + "\"";
  displace("CREATE TABLE " + name +
               "(\"k\"\"1'\" TEXT, \"select\" BLOB, \"v ;\", PRIMARY KEY("
               "\"k\"\"1'\", \"select\"))",
           "INSERT INTO " + name +
               " VALUES ('a:b,c\\', x'00ff', 1), ('''; DROP', x'', 2), "
               "('x'||char(10)||'y', x'2c', 3)");
  const auto one = salvaged(*part(), table);
  EXPECT_EQ(one.missing, 3);
  import(exported(*part(), one, ExportFormat::sql));
  EXPECT_EQ(missing(table), "0");
  run("DELETE FROM " + name);
  const PutBack result =
      put_back(*part(), one, {"a\\:b\\,c\\\\:00FF", "'; DROP:", "x\ny:2c", "no:"});
  EXPECT_EQ(result.put, 3);
  EXPECT_EQ(result.not_found, (std::vector<std::string>{"no:"}));
  EXPECT_THROW(put_back(*part(), one, {"one"}), Usage);
}

TEST_F(SqliteSalvage, ATableThatIsNoLongerLiveIsExportedWhole) {
  displace("CREATE TABLE playerbot(id INTEGER PRIMARY KEY)",
           "CREATE TABLE playerbot_new(id INTEGER PRIMARY KEY, v);"
           "INSERT INTO playerbot_new VALUES (1,'x')");
  const auto table = salvaged(*part(), "playerbot_new");
  EXPECT_EQ(table.missing, 1);
  EXPECT_EQ(table.changed, 0);
  EXPECT_THROW(put_back(*part(), table, {}), Refused);
  run("CREATE TABLE playerbot_new(id INTEGER PRIMARY KEY, v)");
  import(exported(*part(), table, ExportFormat::sql));
  EXPECT_EQ(value("SELECT v FROM playerbot_new WHERE id = 1"), "x");
}

TEST_F(SqliteSalvage, RowsThatWereSetAsideAreListedWithTheReason) {
  run(players);
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN guild");
  const std::string prepared = part()->prepare(to(point, Rows::restore, 100));
  swap(prepared);
  run("INSERT INTO playerbot VALUES (9,'eve',9)");
  for (const auto& step : part()->steps(prepared).swap) step->revert();
  part()->discard(operation_);
  const auto table = salvaged(*part(), "playerbot");
  EXPECT_EQ(table.operation, operation_);
  EXPECT_FALSE(table.reason.empty());
  EXPECT_EQ(table.missing, 1);
  const PutBack result = put_back(*part(), table, {"9"});
  EXPECT_EQ(result.put, 1);
  EXPECT_EQ(value("SELECT name || level FROM playerbot WHERE id = 9"), "eve9");
}

}  // namespace
}  // namespace rollback
