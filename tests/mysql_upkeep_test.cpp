// Captures that are killed, or whose server is, and what is done with backups
// later on.
#include <thread>

#include "mysql_child.h"
#include "mysql_fixture.h"
#include "os/error.h"
#include "part/database/mysql/backup/capture.h"
#include "part/database/mysql/backup/upkeep.h"
#include "part/database/mysql/catalogue/registry.h"

namespace rollback::mysql {
namespace {

const char* const bots =
    "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), KEY(name));"
    "CREATE TABLE updates(name VARCHAR(50) PRIMARY KEY);"
    "INSERT INTO playerbot(name) VALUES ('ann'),('bob'); INSERT INTO updates VALUES ('1');";

const Occasion first{"20261123T100000Z-4f2a91c", std::nullopt};
const Occasion second{"20261123T110000Z-4f2a91c", std::nullopt};

class MysqlKilled : public MysqlEngineTest {
 protected:
  void SetUp() override {
    if (!is_child()) MysqlEngineTest::SetUp();
  }

  Finished run_child(const std::string& fail_point) {
    return mysql::run_child(server(), "MysqlKilled.ChildCapture", "", fail_point);
  }
  // Every backup table is in the registry, complete.
  void expect_clean() {
    EXPECT_EQ(server().value("SELECT count(*) FROM git_rollback_backups WHERE state='copying'"),
              "0");
    EXPECT_EQ(server().value("SELECT count(*) FROM information_schema.tables WHERE"
                             " table_schema='world' AND table_name LIKE '%\\_backup\\_2%'"),
              server().value("SELECT count(*) FROM git_rollback_backups WHERE backup <> ''"));
  }
};

TEST_F(MysqlKilled, ChildCapture) {
  if (!is_child()) return;
  Place place = place_of_child();
  place.settings.tables = {"playerbot"};
  place.settings.ledger = {"updates"};
  capture(place, first);
}

TEST_F(MysqlKilled, ACaptureIsCleanedUpByTheNextOne) {
  server().sql(bots);
  ASSERT_EQ(run_child("").status, 0);
  const auto names = passed_fail_points(server());
  EXPECT_GT(names.size(), 5U);
  for (const auto& name : names) {
    forget(place(), first.point);
    EXPECT_NE(run_child(name).status, 0) << name;
    const auto captured = capture(place(), second);
    expect_clean();
    EXPECT_TRUE(verify(place(), second.point, captured.backups).empty()) << name;
    forget(place(), second.point);
  }
}

TEST_F(MysqlKilled, SoIsOneWhoseServerWasKilled) {
  server().sql(bots);
  server().sql(
      "INSERT INTO playerbot(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1"
      " FROM n WHERE i<900) SELECT 'x' FROM n");
  for (int i = 0; i < 9; ++i) {
    server().sql("INSERT INTO playerbot(name) SELECT name FROM playerbot");
  }
  std::thread killer([&] {
    while (server().value("SELECT count(*) FROM information_schema.processlist WHERE info LIKE"
                          " 'INSERT INTO `playerbot\\_backup%'") == "0") {
    }
    server().kill9();
  });
  EXPECT_THROW(guarded("world", [&] { return capture(place(), first); }), Error);
  killer.join();
  server().start();
  const auto captured = capture(place(), second);
  expect_clean();
  EXPECT_TRUE(verify(place(), second.point, captured.backups).empty());
}

class MysqlUpkeep : public MysqlEngineTest {};

TEST_F(MysqlUpkeep, FindsWhatIsWrongWithABackup) {
  server().sql(bots);
  const auto captured = capture(place(), first);
  const std::string backup = captured.backups[0].backup;
  const auto wrong = [&] {
    const auto findings = verify(place(), first.point, captured.backups);
    return findings.empty() ? std::string() : findings[0].what;
  };
  EXPECT_EQ(wrong(), "");
  server().sql("UPDATE " + backup + " SET name='eve' WHERE id=1");
  EXPECT_NE(wrong().find("has other rows in '" + backup + "'"), std::string::npos) << wrong();
  server().sql("DELETE FROM " + backup + " WHERE id=1");
  EXPECT_NE(wrong().find("has 1 row in '" + backup + "', and 2 rows were recorded"),
            std::string::npos)
      << wrong();
  server().sql("ALTER TABLE " + backup + " MODIFY name TEXT");
  EXPECT_NE(wrong().find("was altered: column 'name'"), std::string::npos) << wrong();
  server().sql("DROP TABLE " + backup);
  EXPECT_NE(wrong().find("is gone: there is no table"), std::string::npos) << wrong();
}

TEST_F(MysqlUpkeep, RetentionRemovesTheBackupsOfOnePoint) {
  server().sql(bots);
  capture(place(), first);
  capture(place(), second);
  const KeptTables kept = kept_tables(place());
  ASSERT_EQ(kept.tables.size(), 4U);
  EXPECT_EQ(kept.tables[0].point, first.point);
  EXPECT_GT(bytes_of(place(), kept.tables[0].name), 0);
  EXPECT_EQ(kept.tables[0].volume, kept.volumes.empty() ? std::uint64_t{0} : kept.volumes[0].id);
  remove_kept(place(), first.point);
  remove_kept(place(), first.point);
  EXPECT_EQ(kept_tables(place()).tables.size(), 2U);
  EXPECT_EQ(server().value("SELECT count(*) FROM information_schema.tables WHERE"
                           " table_schema='world' AND table_name LIKE '%\\_backup\\_2%'"),
            "2");
}

class MysqlRegistry : public MysqlEngineTest {};

TEST_F(MysqlRegistry, KnowsWhatItWasTold) {
  server().sql(bots);
  Session session = open();
  Registry registry(session, "bots");
  EXPECT_TRUE(registry.all().empty());
  EXPECT_FALSE(registry.operation("o"));
  registry.create();
  registry.create();
  Operation operation;
  operation.id = "20261124T110000Z-aaaaaaa";
  operation.plan = "it's \\ \xe2\x82\xac";
  operation.host = "world1";
  registry.put(operation);
  registry.set_state(operation.id, State::swapped);
  registry.set_left_point(operation.id, first.point);
  EXPECT_EQ(registry.operation(operation.id)->plan, operation.plan);
  EXPECT_EQ(registry.that_left(first.point)->state, State::swapped);
  EXPECT_EQ(Registry(session, "other").unsettled().size(), 1U);
  EXPECT_FALSE(Registry(session, "other").operation(operation.id));
  registry.put(operation.id, {"playerbot", "aside_table", 3, "no such column"});
  ASSERT_EQ(registry.aside(operation.id).size(), 1U);
  EXPECT_EQ(registry.aside(operation.id)[0].rows, 3);
  registry.set_state(operation.id, State::settled);
  EXPECT_TRUE(registry.unsettled().empty());
  registry.remove_operation(operation.id);
  EXPECT_FALSE(registry.operation(operation.id));
}

}  // namespace
}  // namespace rollback::mysql
