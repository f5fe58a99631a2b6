#include <atomic>
#include <thread>

#include "mysql_fixture.h"
#include "os/error.h"
#include "part/database/mysql/backup/capture.h"
#include "part/database/mysql/backup/copy_watch.h"
#include "part/database/mysql/backup/upkeep.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/rows/rows.h"

namespace rollback::mysql {
namespace {

const char* const bots =
    "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), KEY(name));"
    "CREATE TABLE playerbot_pair(a INT, b INT, PRIMARY KEY(a,b),"
    " FOREIGN KEY (a) REFERENCES playerbot(id));"
    "CREATE TABLE updates(name VARCHAR(50) PRIMARY KEY); CREATE TABLE other(a INT);"
    "INSERT INTO playerbot(name) VALUES ('ann'),('bob'); INSERT INTO playerbot_pair VALUES (1,2);"
    "INSERT INTO updates VALUES ('1');";

const std::string point = "20261123T100000Z-4f2a91c";

class MysqlCapture : public MysqlEngineTest {
 protected:
  testing::MysqlServer::Options options() const override {
    return {.arguments = {"--log-bin=binlog", "--server-id=1"}};
  }
  void SetUp() override {
    MysqlEngineTest::SetUp();
    if (!IsSkipped()) place_ = place();
  }
  Engine::Captured take(const std::string& id = point,
                        std::optional<std::vector<std::string>> migrations = std::nullopt) {
    const Occasion occasion{id, std::move(migrations)};
    return guarded("world", [&] { return capture(place_, occasion); });
  }
  std::vector<Entry> entries(const std::string& id = point) {
    Session session = open();
    return Registry(session, "bots").of_point(id);
  }
  static bool says(const Engine::Captured& captured, const std::string& text) {
    for (const auto& notice : captured.notices) {
      if (notice.find(text) != std::string::npos) return true;
    }
    return false;
  }
  // Whether it was refused with this in its message.
  ::testing::AssertionResult refuses(const std::string& text) {
    try {
      take();
    } catch (const Refused& error) {
      if (std::string(error.what()).find(text) != std::string::npos) {
        return ::testing::AssertionSuccess();
      }
      return ::testing::AssertionFailure() << error.what();
    }
    return ::testing::AssertionFailure() << "was not refused";
  }
  std::string backups() {
    return server().value(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema='world'"
        " AND table_name LIKE '%\\_backup\\_2%'");
  }

  Place place_;
};

TEST_F(MysqlCapture, CopiesTheTablesOfTheSet) {
  server().sql(bots);
  const auto captured = take();
  ASSERT_EQ(captured.backups.size(), 3U);
  EXPECT_EQ(captured.backups[0].schema, "world");
  EXPECT_EQ(captured.backups[0].backup, "playerbot_backup_20261123T100000Z");
  EXPECT_EQ(captured.backups[0].rows, 2);
  EXPECT_EQ(captured.backups[1].table, "playerbot_pair");
  EXPECT_EQ(captured.backups[2].table, "updates");
  EXPECT_EQ(server().rows("playerbot_backup_20261123T100000Z"), server().rows("playerbot"));
  EXPECT_TRUE(says(captured, "backed up 3 tables of database 'world', 4 rows"));
  const auto found = entries();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(found[0].complete);
  EXPECT_EQ(found[0].sha256, captured.backups[0].sha256);
  EXPECT_EQ(found[0].definition.counter, 3U);
  EXPECT_FALSE(found[0].position.empty());
  EXPECT_TRUE(verify(place_, point, captured.backups).empty());
}

TEST_F(MysqlCapture, ATakenNameGetsANumber) {
  server().sql(bots);
  take();
  const auto second = take(point + "-2");
  EXPECT_EQ(second.backups[0].backup, "playerbot_backup_20261123T100000Z_2");
  EXPECT_EQ(entries().size(), 3U);
}

TEST_F(MysqlCapture, KeepsOfEachTableWhatItsWordSays) {
  server().sql(bots);
  server().sql("CREATE VIEW playerbot_view AS SELECT * FROM playerbot");
  place_.settings.full_below_bytes = 0;
  place_.settings.backup.patterns = {{"playerbot_pair", BackupMode::none}};
  const auto captured = take(point, std::vector<std::string>{"ALTER TABLE somewhere ADD x INT"});
  ASSERT_EQ(captured.backups.size(), 2U);
  EXPECT_EQ(captured.backups[0].backup, "");
  EXPECT_EQ(captured.backups[0].sha256, hash_of_no_rows());
  EXPECT_EQ(captured.backups[1].backup, "updates_backup_20261123T100000Z");
  EXPECT_TRUE(says(captured, "kept the structure alone, and no rows, of 'playerbot'"));
  EXPECT_TRUE(says(captured, "'playerbot_pair' of database 'world' is not backed up"));
  EXPECT_TRUE(says(captured, "'playerbot_view' of database 'world' is no plain table (view)"));
  EXPECT_EQ(entries()[0].kind, BackupKind::structure);
  const auto named = take("20261123T110000Z-4f2a91c",
                          std::vector<std::string>{"ALTER TABLE `playerbot` ADD x INT"});
  EXPECT_EQ(named.backups[0].rows, 2);
}

TEST_F(MysqlCapture, SaysHowLongTablesWithoutTransactionsWereLocked) {
  server().sql(bots);
  server().sql(
      "ALTER TABLE updates ENGINE=MyISAM; CREATE TABLE playerbot_mem(a INT) ENGINE=MEMORY;"
      "INSERT INTO playerbot_mem VALUES (1),(2)");
  const auto captured = take();
  EXPECT_TRUE(says(captured,
                   "tables without transactions of database 'world' ('playerbot_mem',"
                   " 'updates'): who writes to them had to wait for "));
  EXPECT_EQ(server().rows("playerbot_mem_backup_20261123T100000Z").size(), 2U);
  server().sql("INSERT INTO updates VALUES ('2')");
}

TEST_F(MysqlCapture, ServesHostileNames) {
  const std::string longest = "playerbot_" + std::string(54, 'x');
  server().sql(
      "CREATE TABLE `playerbot_``it's \"so\"; --`(`select` INT PRIMARY KEY, `a``b` INT);"
      "INSERT INTO `playerbot_``it's \"so\"; --` VALUES (1,1);"
      "CREATE TABLE " +
      longest +
      "(a INT);"
      "CREATE TABLE `playerbot_\xc3\xa9\xe2\x82\xac`(a INT); INSERT INTO " +
      longest + " VALUES (1)");
  const auto captured = take();
  ASSERT_EQ(captured.backups.size(), 3U);
  for (const auto& backup : captured.backups) {
    EXPECT_EQ(server().rows(backup.backup), server().rows(backup.table));
  }
  EXPECT_TRUE(verify(place_, point, captured.backups).empty());
  forget(place_, point);
  EXPECT_EQ(backups(), "0");
  EXPECT_TRUE(entries().empty());
}

TEST_F(MysqlCapture, IsRefusedWhereNothingMayBeWritten) {
  server().sql(bots);
  server().sql("SET GLOBAL read_only=1");
  EXPECT_TRUE(refuses("takes no writes: read_only is on"));
  server().sql("SET GLOBAL read_only=0");
  EXPECT_EQ(backups(), "0");
}

TEST_F(MysqlCapture, OneAtATime) {
  server().sql(bots);
  take();
  std::atomic<bool> go = false;
  std::thread holder([&] {
    Session session = open();
    session.run("SELECT get_lock('git_rollback_" + sha256("world\nbots").substr(0, 32) + "', 10)");
    go = true;
    std::this_thread::sleep_for(std::chrono::seconds(12));
  });
  while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(refuses("another backup of database 'world' for component 'bots' is under way"));
  holder.join();
}

TEST_F(MysqlCapture, ATableChangedMeanwhileIsNoticedAndNothingStays) {
  server().sql(bots);
  server().sql(
      "INSERT INTO playerbot(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1"
      " FROM n WHERE i<900) SELECT 'x' FROM n");
  for (int i = 0; i < 6; ++i)
    server().sql("INSERT INTO playerbot(name) SELECT name FROM playerbot");
  std::atomic<bool> stop = false;
  std::thread migration([&] {
    Session session = open();
    while (!stop &&
           session.number("SELECT count(*) FROM information_schema.processlist WHERE info"
                          " LIKE 'SELECT CONCAT%`playerbot`%' AND id<>connection_id()") == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    session.run("ALTER TABLE updates ADD COLUMN x INT");
  });
  EXPECT_TRUE(refuses("table 'updates' of database 'world' was changed while its backup was made"));
  stop = true;
  migration.join();
  EXPECT_EQ(backups(), "0");
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(take().backups.size(), 3U);
}

// Gold moves between two tables; its sum is the same at every moment.
TEST_F(MysqlCapture, EveryBackupUnderLoadIsOfOneMoment) {
  const char* const wanted = getenv("GIT_ROLLBACK_ROUNDS");
  const int rounds = wanted == nullptr ? 5 : std::stoi(wanted);
  server().sql(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, gold BIGINT NOT NULL, filler VARCHAR(200));"
      "CREATE TABLE playerbot_bank(id INT PRIMARY KEY, gold BIGINT NOT NULL, filler VARCHAR(200));"
      "INSERT INTO playerbot WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE"
      " i<900) SELECT i, 1000, REPEAT('f', 200) FROM n;"
      "INSERT INTO playerbot SELECT a.id+1000*b.id, 1000, a.filler FROM playerbot a, playerbot b"
      " WHERE b.id<20; INSERT INTO playerbot_bank SELECT * FROM playerbot");
  const std::string sum = server().value(
      "SELECT (SELECT sum(gold) FROM playerbot) + (SELECT sum(gold) FROM playerbot_bank)");
  std::atomic<bool> stop = false;
  std::atomic<int> transfers = 0;
  std::vector<std::thread> movers;
  for (int mover = 0; mover < 2; ++mover) {
    movers.emplace_back([&, mover] {
      Session session = open();
      for (int i = 0; !stop; ++i) {
        const std::string id = std::to_string((i * 7919 + mover * 13) % 900 + 1);
        Transaction transaction(session, Transaction::Kind::write);
        session.run("UPDATE playerbot SET gold = gold - 7 WHERE id = " + id);
        session.run("UPDATE playerbot_bank SET gold = gold + 7 WHERE id = " + id);
        transaction.commit();
        ++transfers;
      }
    });
  }
  for (int round = 0; round < rounds; ++round) {
    const std::string id = "20261123T1" + std::to_string(10000 + round) + "Z-4f2a91c";
    const int before = transfers;
    const auto captured = take(id);
    EXPECT_GT(transfers, before);
    EXPECT_EQ(server().value("SELECT (SELECT sum(gold) FROM " + captured.backups[0].backup +
                             ") + (SELECT sum(gold) FROM " + captured.backups[1].backup + ")"),
              sum);
    EXPECT_TRUE(verify(place_, id, captured.backups).empty());
    forget(place_, id);
  }
  stop = true;
  for (auto& mover : movers) mover.join();
}

TEST_F(MysqlCapture, GivesWayToOthersWhileTheyAreAtWork) {
  Session control = open();
  CopyWatch watch(place_, control);
  const auto becomes = [&](bool busy) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (watch.is_busy() != busy && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      watch.look(true);
    }
    return watch.is_busy() == busy;
  };
  EXPECT_TRUE(becomes(false));
  std::vector<std::thread> others;
  std::vector<Session> sessions;
  for (int i = 0; i < 8; ++i) sessions.push_back(open());
  for (Session& session : sessions) {
    others.emplace_back([&session] {
      try {
        session.number("SELECT sleep(30)");
      } catch (const ServerError&) {  // killed
      }
    });
  }
  EXPECT_TRUE(becomes(true));
  for (const Session& session : sessions) control.run("KILL QUERY " + std::to_string(session.id()));
  for (auto& other : others) other.join();
  EXPECT_TRUE(becomes(false));
}

}  // namespace
}  // namespace rollback::mysql
