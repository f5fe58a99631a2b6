// A swap taken back after the tables were written to: today's rows are all there
// again, and what was written since is there too, or set aside.
#include <atomic>
#include <regex>
#include <thread>

#include "mysql_part_fixture.h"
#include "os/fail_point.h"
#include "part/database/mysql/catalogue/registry.h"

namespace rollback::mysql {
namespace {

const char* const gold =
    "CREATE TABLE playerbot(id INT PRIMARY KEY, gold INT); INSERT INTO playerbot VALUES"
    " (1,100),(2,200),(3,300)";
const char* const guild = "ALTER TABLE playerbot ADD COLUMN guild VARCHAR(20)";

class MysqlRevert : public MysqlPartTest {
 protected:
  // The point is `tables`, then comes `migration`; swapped at the end.
  void rolled_back(const std::string& tables, const std::string& migration, Rows rows) {
    settings_.ledger = {};
    run(tables);
    const Point point = capture();
    run(migration);
    prepared_ = part()->prepare(to(point, rows, 1'000'000));
    swap(prepared_);
  }
  void take_back() { revert(prepared_); }

  std::string rows(const std::string& columns) {
    return value("SELECT group_concat(concat_ws(':', " + columns +
                 ") ORDER BY 1 SEPARATOR ' ') FROM playerbot");
  }

  // "columns reason" of all that is set aside, in the order of columns.
  std::string aside(const std::string& columns,
                    const std::string& like = "git\\_rollback\\_2%\\_aside") {
    Session session = open();
    std::string text;
    for (const Row& table : session.rows("SELECT table_name FROM information_schema.tables WHERE"
                                         " table_schema = 'world' AND table_name LIKE " +
                                         literal(like))) {
      for (const Row& row :
           session.rows("SELECT concat_ws(':', " + columns + "), git_rollback_reason FROM " +
                        identifier(*table[0]) + " ORDER BY 1")) {
        text += *row[0] + " " + *row[1] + "\n";
      }
    }
    return text;
  }
  std::int64_t recorded() {
    Session session = open();
    std::int64_t rows = 0;
    for (const Aside& aside : Registry(session, "bots").aside(operation_)) rows += aside.rows;
    return rows;
  }

  std::string prepared_;
  const std::string no_place_ =
      " it was written since the swap, and no key tells which row of today's it is\n";
  const std::string not_stayed_ = " it was written to the point's rows, which did not stay\n";
};

TEST_F(MysqlRevert, WhatWasWrittenToThePointsRowsIsSetAsideAndTodaysRowsStay) {
  rolled_back(gold,
              std::string(guild) +
                  "; UPDATE playerbot SET gold = 999, guild = 'g' WHERE id = 1; UPDATE playerbot"
                  " SET gold = 888 WHERE id = 2; INSERT INTO playerbot VALUES (4,400,'h')",
              Rows::keep_new);
  EXPECT_EQ(rows("id, gold"), "1:100 2:200 3:300 4:400");
  run("UPDATE playerbot SET gold = gold + 1 WHERE id IN (1,4); DELETE FROM playerbot WHERE id = 2;"
      "INSERT INTO playerbot VALUES (5,500)");
  take_back();
  EXPECT_EQ(rows("id, gold, guild"), "1:999:g 2:888 3:300 4:401:h 5:500");
  EXPECT_EQ(aside("id, gold"), "1:101" + not_stayed_);
  EXPECT_EQ(recorded(), 1);
  run("UPDATE playerbot SET gold = 1 WHERE id = 5");
  swap(prepared_);
  EXPECT_EQ(rows("id, gold"), "1:100 2:200 3:300 4:401 5:1");  // the point's again
  take_back();
  EXPECT_EQ(rows("id, gold, guild"), "1:999:g 2:888 3:300 4:401:h 5:1");
  part()->discard(operation_);
  EXPECT_EQ(aside("id, gold"), "1:101" + not_stayed_);
}

TEST_F(MysqlRevert, TodaysRowsStayWhereACascadeCanChangeThem) {
  rolled_back(
      "CREATE TABLE account(id INT PRIMARY KEY); INSERT INTO account VALUES (1),(2),(3);"
      "CREATE TABLE playerbot(id INT PRIMARY KEY, account INT, gold INT, CONSTRAINT f FOREIGN KEY"
      " (account) REFERENCES account(id) ON DELETE CASCADE);"
      "INSERT INTO playerbot VALUES (1,1,100),(2,2,200)",
      std::string(guild) +
          "; UPDATE playerbot SET account = 2, gold = 999, guild = 'g' WHERE id = 1;"
          "INSERT INTO playerbot VALUES (3,3,300,'h'),(4,1,400,'i')",
      Rows::keep_new);
  run("DELETE FROM account WHERE id = 3");
  EXPECT_EQ(rows("id, account, gold"), "1:1:100 2:2:200 4:1:400");
  take_back();
  EXPECT_EQ(rows("id, account, gold, guild"), "1:2:999:g 2:2:200 4:1:400:i");
}

TEST_F(MysqlRevert, WithoutAKeyTodaysRowsStayAndWhatTheyLackIsSetAside) {
  rolled_back("CREATE TABLE playerbot(a INT, b VARCHAR(9)); INSERT INTO playerbot VALUES (1,'x')",
              "ALTER TABLE playerbot ADD COLUMN guild VARCHAR(20) DEFAULT 'none', MODIFY b"
              " VARCHAR(50); UPDATE playerbot SET guild = 'important'; INSERT INTO playerbot"
              " VALUES (3,'y','too'),(3,'y','two'),(4,'does not fit','aside')",
              Rows::keep_all);
  EXPECT_EQ(rows("a, b"), "1:x 3:y 3:y");
  run("INSERT INTO playerbot VALUES (77,'new'),(3,'y'),(8,NULL); UPDATE playerbot SET a = 2"
      " WHERE a = 1");
  take_back();
  EXPECT_EQ(rows("a, b, guild"), "1:x:important 3:y:too 3:y:two 4:does not fit:aside");
  EXPECT_EQ(aside("a, b"),
            "2:x" + no_place_ + "3:y" + no_place_ + "77:new" + no_place_ + "8" + no_place_);
  EXPECT_EQ(recorded(), 5);  // with the one that did not fit
  swap(prepared_);
  EXPECT_EQ(rows("a, b"), "1:x 3:y 3:y");
  EXPECT_EQ(aside("a", "%\\_aside\\_%").substr(0, 2), "4 ");
}

TEST_F(MysqlRevert, WhereTheMigrationChangedTheKeyTodaysRowsStay) {
  rolled_back(
      "CREATE TABLE playerbot(id INT, realm INT NOT NULL DEFAULT 0, gold INT, PRIMARY KEY(id));"
      "INSERT INTO playerbot VALUES (1,0,100),(2,0,200)",
      "ALTER TABLE playerbot DROP PRIMARY KEY, ADD PRIMARY KEY(realm, id), ADD COLUMN guild"
      " VARCHAR(20); UPDATE playerbot SET guild = 'important'; INSERT INTO playerbot VALUES"
      " (3,1,300,'important'),(3,2,301,'important')",
      Rows::keep_all);
  run("UPDATE playerbot SET gold = gold + 1 WHERE id = 1; DELETE FROM playerbot WHERE id = 2");
  take_back();
  EXPECT_EQ(rows("id, realm, gold, guild"),
            "1:0:100:important 2:0:200:important 3:1:300:important 3:2:301:important");
  EXPECT_EQ(aside("id, gold"), "1:101" + no_place_);
  swap(prepared_);
  EXPECT_EQ(value("SELECT group_concat(gold ORDER BY 1) FROM playerbot WHERE id < 3"), "100,200");
}

TEST_F(MysqlRevert, ARowThatDidNotFitIsLiveAgainAndIsSetAsideOnce) {
  rolled_back(
      "CREATE TABLE account(id INT PRIMARY KEY); INSERT INTO account VALUES (1),(2);"
      "CREATE TABLE playerbot(id INT PRIMARY KEY, account INT, name VARCHAR(5), CONSTRAINT f"
      " FOREIGN KEY (account) REFERENCES account(id) ON DELETE SET NULL);"
      "INSERT INTO playerbot VALUES (1,1,'ada'),(2,2,'ben')",
      "ALTER TABLE playerbot MODIFY name VARCHAR(50); INSERT INTO playerbot VALUES"
      " (3,1,'a long name')",
      Rows::keep_all);
  EXPECT_EQ(aside("id", "%\\_aside\\_%").substr(0, 2), "3 ");
  EXPECT_EQ(recorded(), 1);
  run("DELETE FROM account WHERE id = 2; UPDATE playerbot SET name = 'eve' WHERE id = 1");
  take_back();
  EXPECT_EQ(rows("id, ifnull(account, '-'), name"), "1:1:eve 2:-:ben 3:1:a long name");
}

TEST_F(MysqlRevert, WhatDoesNotFitTodaysStructureIsSetAside) {
  rolled_back(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(50)); INSERT INTO playerbot"
      " VALUES (1,'ada'),(2,'ben')",
      "ALTER TABLE playerbot MODIFY name VARCHAR(5) NOT NULL", Rows::keep_all);
  run("INSERT INTO playerbot VALUES (3,'a long name'),(4,'dan'); UPDATE playerbot SET name = NULL"
      " WHERE id = 2");
  take_back();
  EXPECT_EQ(rows("id, name"), "1:ada 4:dan");
  const std::string found = aside("id");
  EXPECT_NE(found.find("2 Column 'name' cannot be null"), std::string::npos) << found;
  EXPECT_NE(found.find("3 Data t"), std::string::npos) << found;
  EXPECT_EQ(recorded(), 2);
}

TEST_F(MysqlRevert, ARowThatACascadeDeletedDoesNotComeBack) {
  rolled_back(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, gold INT); CREATE TABLE playerbot_item(id INT"
      " PRIMARY KEY, bot INT, FOREIGN KEY (bot) REFERENCES playerbot(id) ON DELETE CASCADE);"
      "INSERT INTO playerbot VALUES (1,100),(2,200); INSERT INTO playerbot_item VALUES (1,1),(2,2)",
      std::string(guild) +
          "; ALTER TABLE playerbot_item ADD COLUMN rare INT; INSERT INTO playerbot VALUES"
          " (3,300,'x'); INSERT INTO playerbot_item VALUES (3,3,1)",
      Rows::keep_all);
  run("DELETE FROM playerbot WHERE id = 2");
  take_back();
  EXPECT_EQ(rows("id, gold, guild"), "1:100 3:300:x");
  EXPECT_EQ(value("SELECT group_concat(id ORDER BY id) FROM playerbot_item"), "1,3");
}

// A row that comes between the lock and the RENAME is in the table that went.
class MysqlRevertLate : public MysqlRevert {
 protected:
  void TearDown() override {
    at_fail_points({});
    MysqlRevert::TearDown();
  }
  void take_back_while(const std::string& statement) {
    bool done = false;
    at_fail_points([&](std::string_view name) {
      if (done || name != "database revert: renamed") return;
      done = true;
      run(std::regex_replace(statement, std::regex("INCOMING"), incoming()));
    });
    take_back();
    at_fail_points({});
  }
  std::string incoming() {
    return value(
        "SELECT max(table_name) FROM information_schema.tables WHERE"
        " table_schema = 'world' AND table_name LIKE '%\\_in\\_2%'");
  }
};

TEST_F(MysqlRevertLate, OfARestoreItIsSetAside) {
  rolled_back(gold, std::string(guild) + "; UPDATE playerbot SET gold = 999", Rows::restore);
  run("UPDATE playerbot SET gold = 101 WHERE id = 1");
  take_back_while("INSERT INTO INCOMING VALUES (7,700); DELETE FROM INCOMING WHERE id = 2");
  EXPECT_EQ(rows("id, gold"), "1:999 2:999 3:999");
  EXPECT_EQ(aside("id, gold"), "1:101" + not_stayed_ + "7:700" + not_stayed_);
  EXPECT_EQ(recorded(), 2);
  swap(prepared_);
  EXPECT_EQ(rows("id, gold"), "1:100 2:200 3:300");
  take_back_while("INSERT INTO INCOMING VALUES (8,800)");
  part()->discard(operation_);
  EXPECT_EQ(aside("id, gold"),
            "1:101" + not_stayed_ + "7:700" + not_stayed_ + "8:800" + not_stayed_);
}

TEST_F(MysqlRevertLate, OfARestoreWithoutAKeyItIsSetAside) {
  rolled_back("CREATE TABLE playerbot(id INT, gold INT); INSERT INTO playerbot VALUES (1,100)",
              std::string(guild) + "; UPDATE playerbot SET gold = 999", Rows::restore);
  run("INSERT INTO playerbot VALUES (2,200)");
  take_back_while("INSERT INTO INCOMING VALUES (2,200),(7,700)");
  EXPECT_EQ(rows("id, gold"), "1:999");
  EXPECT_EQ(aside("id, gold"), "1:100" + not_stayed_ + "2:200" + not_stayed_ + "2:200" +
                                   not_stayed_ + "7:700" + not_stayed_);
}

// Rounds of a swap and its way back, while others write.
class MysqlRevertLoad : public MysqlRevert {
 protected:
  void TearDown() override { stop(); }

  // Statements with the number of each, until it is over.
  void start(std::function<std::string(int)> statement) {
    writer_ = std::thread([this, statement = std::move(statement)] {
      Session session = open();
      for (int i = 1000; !over_; ++i) {
        try {
          session.run(statement(i));
          last_ = i;
        } catch (const ServerError& error) {
          failed_ = error.what();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  void stop() {
    over_ = true;
    if (writer_.joinable()) writer_.join();
  }
  // How many of the numbers that were written are in none of these tables.
  std::string lost(const std::string& column) {
    Session session = open();
    std::string tables = "SELECT " + column + " AS n FROM playerbot";
    for (const Row& table : session.rows("SELECT table_name FROM information_schema.tables WHERE"
                                         " table_schema = 'world' AND table_name LIKE"
                                         " 'git\\_rollback\\_2%\\_aside'")) {
      tables += " UNION ALL SELECT " + column + " FROM " + identifier(*table[0]);
    }
    return session.text("SELECT " + std::to_string(last_ - 999) + " - count(DISTINCT n) FROM (" +
                        tables + ") AS t WHERE n BETWEEN 1000 AND " + std::to_string(last_));
  }

  std::atomic<bool> over_{false};
  std::atomic<int> last_{999};
  std::string failed_;
  std::thread writer_;
};

TEST_F(MysqlRevertLoad, KeepNewHasTodaysRowsAndEveryNewOne) {
  rolled_back(gold, std::string(guild) + "; UPDATE playerbot SET gold = 999, guild = 'g'",
              Rows::keep_new);
  start([](int i) {
    return i % 2 == 0 ? "UPDATE playerbot SET gold = gold WHERE id = 4"
                      : "INSERT INTO playerbot(id, gold) VALUES (" + std::to_string(i) + ", 1)";
  });
  for (int round = 0; round < 3; ++round) {
    if (round > 0) swap(prepared_);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    run("UPDATE playerbot SET gold = gold + 1 WHERE id <= 3");
    take_back();
    EXPECT_EQ(value("SELECT group_concat(concat(id, gold, guild) ORDER BY id) FROM playerbot"
                    " WHERE id <= 3"),
              "1999g,2999g,3999g");
  }
  stop();
  EXPECT_EQ(failed_, "");
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE id >= 1000"),
            std::to_string((last_ - 999) / 2));
}

TEST_F(MysqlRevertLoad, WithoutAKeyEveryRowIsLiveOrAside) {
  rolled_back("CREATE TABLE playerbot(id INT, gold INT); INSERT INTO playerbot VALUES (1,1),(2,2)",
              std::string(guild) + "; UPDATE playerbot SET guild = 'g'", Rows::keep_all);
  start([](int i) {
    return "INSERT INTO playerbot(id, gold) VALUES (" + std::to_string(i) + ", 1)";
  });
  for (int round = 0; round < 3; ++round) {
    if (round > 0) swap(prepared_);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    take_back();
    EXPECT_EQ(value("SELECT group_concat(concat(id, gold, guild) ORDER BY id) FROM playerbot"
                    " WHERE id <= 3"),
              "11g,22g");
  }
  stop();
  EXPECT_EQ(failed_, "");
  EXPECT_EQ(lost("id"), "0");
  EXPECT_EQ(value("SELECT count(*) - count(DISTINCT id) FROM playerbot"), "0");
}

}  // namespace
}  // namespace rollback::mysql
