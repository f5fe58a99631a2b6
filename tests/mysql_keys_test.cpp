// Foreign keys of tables that are swapped: inside of the set, from and to tables
// outside of it, and of a table to itself.
#include <atomic>
#include <thread>

#include "mysql_swap_fixture.h"
#include "os/error.h"
#include "os/notice.h"
#include "part/database/mysql/swap/keys.h"
#include "part/database/mysql/swap/orphans.h"

namespace rollback::mysql {
namespace {

class MysqlKeys : public MysqlSwapTest {
 protected:
  // guild <- bot <- item; bot -> bot; mail (outside) -> bot; bot -> realm (outside)
  void tables() {
    server().sql(
        "CREATE TABLE realm(id INT PRIMARY KEY); CREATE TABLE guild(id INT PRIMARY KEY);"
        "CREATE TABLE bot(id INT PRIMARY KEY, guild INT, leader INT, realm INT,"
        " CONSTRAINT `it's mine` FOREIGN KEY (guild) REFERENCES guild(id) ON DELETE SET NULL,"
        " FOREIGN KEY (leader) REFERENCES bot(id),"
        " CONSTRAINT to_realm FOREIGN KEY (realm) REFERENCES realm(id) ON UPDATE CASCADE);"
        "CREATE TABLE item(id INT PRIMARY KEY, bot INT NOT NULL,"
        " FOREIGN KEY (bot) REFERENCES bot(id) ON DELETE CASCADE);"
        "CREATE TABLE mail(id INT PRIMARY KEY, bot INT,"
        " CONSTRAINT `mail``bot` FOREIGN KEY (bot) REFERENCES bot(id) ON DELETE CASCADE);"
        "INSERT INTO realm VALUES (1),(2); INSERT INTO guild VALUES (1),(2);"
        "INSERT INTO bot VALUES (1,1,NULL,1),(2,1,1,1),(3,2,1,2);"
        "INSERT INTO item VALUES (1,1),(2,2),(3,3); INSERT INTO mail VALUES (1,1),(2,2),(3,3)");
  }
  std::string all() {
    std::string text;
    for (const char* const table : {"realm", "guild", "bot", "item", "mail"}) text += show(table);
    return text;
  }
  bool fails(const std::string& sql) {
    try {
      server().sql(sql);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }
  void expect_keys_at_work() {
    EXPECT_TRUE(fails("INSERT INTO bot(id, guild) VALUES (50, 99)"));
    EXPECT_TRUE(fails("INSERT INTO item(id, bot) VALUES (50, 99)"));
    EXPECT_TRUE(fails("INSERT INTO mail(id, bot) VALUES (50, 99)"));
    EXPECT_TRUE(fails("DELETE FROM bot WHERE id=1"));  // it leads others
    EXPECT_TRUE(fails("DELETE FROM realm WHERE id=1"));
    server().sql(
        "DELETE FROM bot WHERE id=3; DELETE FROM guild WHERE id=1;"
        "UPDATE realm SET id=9 WHERE id=1");
    EXPECT_EQ(server().sql("SELECT * FROM bot ORDER BY id"), "1\tNULL\tNULL\t9\n2\tNULL\t1\t9\n");
    EXPECT_EQ(server().sql("SELECT bot FROM item ORDER BY id"), "1\n2\n");
    EXPECT_EQ(server().sql("SELECT bot FROM mail ORDER BY id"), "1\n2\n");
  }
};

TEST_F(MysqlKeys, AreThoseOfThePointAndAtWork) {
  tables();
  point({"guild", "bot", "item"});
  const std::string then = all();
  server().sql(
      "ALTER TABLE bot DROP FOREIGN KEY `it's mine`, ADD COLUMN extra INT;"
      "ALTER TABLE item DROP FOREIGN KEY item_ibfk_1, ADD COLUMN extra INT;"
      "ALTER TABLE item ADD CONSTRAINT other FOREIGN KEY (bot) REFERENCES bot(id)");
  const std::string now = all();
  const Plan plan =
      prepare({{"guild", Choice::keep_all}, {"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  ASSERT_EQ(plan.outside_keys.size(), 1U);
  step(plan)->apply();
  EXPECT_EQ(all(), then);
  EXPECT_EQ(seen(plan), Observation::after) << detail_;
  step(plan)->revert();
  EXPECT_EQ(all(), now);
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
  step(plan)->apply();
  EXPECT_EQ(all(), then);
  expect_keys_at_work();
  for (const Change& change : plan.changes) {
    EXPECT_EQ(show(change.displaced).find("FOREIGN KEY"), std::string::npos);
    EXPECT_EQ(server().value("SELECT count(*) FROM " + change.displaced),
              change.table() == "guild" ? "2" : "3");
  }
}

TEST_F(MysqlKeys, OfOneTableOfManyStay) {
  tables();
  point({"bot"});
  const std::string then = all();
  const Plan plan = prepare({{"bot", Choice::restore}});
  EXPECT_EQ(plan.outside_keys.size(), 2U);
  step(plan)->apply();
  EXPECT_EQ(all(), then);
  expect_keys_at_work();
}

TEST_F(MysqlKeys, CascadesThatNoTriggerSeesAreCarriedOver) {
  tables();
  point({"bot", "item"});
  server().sql("ALTER TABLE item ADD COLUMN extra INT");
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  server().sql("DELETE FROM guild WHERE id=1; DELETE FROM bot WHERE id=3");
  step(plan)->apply();
  EXPECT_EQ(server().sql("SELECT * FROM bot ORDER BY id"), "1\tNULL\tNULL\t1\n2\tNULL\t1\t1\n");
  EXPECT_EQ(server().sql("SELECT id FROM item ORDER BY id"), "1\n2\n");
  server().sql("DELETE FROM bot WHERE id=2");
  step(plan)->revert();
  EXPECT_EQ(server().sql("SELECT id FROM bot ORDER BY id"), "1\n");
  EXPECT_EQ(server().sql("SELECT id FROM item ORDER BY id"), "1\n");
}

TEST_F(MysqlKeys, ThatCameMeanwhileStopTheSwap) {
  tables();
  point({"bot"});
  const Plan plan = prepare({{"bot", Choice::keep_all}});
  server().sql("CREATE TABLE late(bot INT, FOREIGN KEY (bot) REFERENCES bot(id))");
  EXPECT_THROW(step(plan)->apply(), Refused);
  EXPECT_EQ(seen(plan), Observation::before);
  server().sql("DROP TABLE late");
  const auto ready = step(plan);
  ready->get_ready();
  server().sql("CREATE TABLE late(bot INT, FOREIGN KEY (bot) REFERENCES bot(id))");
  EXPECT_THROW(ready->apply(), Refused);
  EXPECT_EQ(seen(plan), Observation::before);
}

TEST_F(MysqlKeys, ThatCameSinceTheSwapGoToTheTableThatComesBack) {
  tables();
  server().sql("DROP DATABASE IF EXISTS other; CREATE DATABASE other");
  point({"bot"});
  server().sql("ALTER TABLE bot ADD COLUMN extra INT");
  const Plan plan = prepare({{"bot", Choice::keep_all}});
  step(plan)->apply();
  server().sql(
      "CREATE TABLE late(bot INT, CONSTRAINT late_bot FOREIGN KEY (bot) REFERENCES bot(id));"
      "CREATE TABLE other.late(bot INT, FOREIGN KEY (bot) REFERENCES world.bot(id));"
      "INSERT INTO late VALUES (1); INSERT INTO other.late VALUES (2)");
  step(plan)->revert();
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
  EXPECT_NE(show("late").find("CONSTRAINT `late_bot` FOREIGN KEY (`bot`) REFERENCES `bot` (`id`)"),
            std::string::npos);
  server().sql("INSERT INTO late VALUES (3); INSERT INTO other.late VALUES (3)");
  EXPECT_TRUE(fails("INSERT INTO late VALUES (99)"));
  EXPECT_TRUE(fails("INSERT INTO other.late VALUES (99)"));
  server().sql("DROP DATABASE other");
}

TEST_F(MysqlKeys, ThatCameSinceTheSwapAndCannotStayAreTold) {
  server().sql("CREATE TABLE bot(id INT PRIMARY KEY, old INT, UNIQUE(old))");
  point({"bot"});
  server().sql("ALTER TABLE bot DROP COLUMN old, ADD COLUMN extra INT");
  const Plan plan = prepare({{"bot", Choice::keep_all}});
  step(plan)->apply();
  server().sql("CREATE TABLE late(bot INT, FOREIGN KEY (bot) REFERENCES bot(old))");
  std::string told;
  set_notice_listener([&](const Notice& notice) {
    told += notice.text + "\n";
    for (const auto& hint : notice.hints) told += hint + "\n";
  });
  step(plan)->revert();
  set_notice_listener({});
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
  EXPECT_NE(told.find("REFERENCES `bot` (`old`)"), std::string::npos) << told;
  server().sql("INSERT INTO late VALUES (3)");
}

TEST_F(MysqlKeys, OfATableThatIsGoneMeanwhileAreForgotten) {
  tables();
  point({"bot"});
  const Plan plan = prepare({{"bot", Choice::keep_all}});
  ASSERT_EQ(plan.outside_keys.size(), 2U);
  server().sql("DROP TABLE mail");
  step(plan)->apply();
  EXPECT_EQ(seen(plan), Observation::after) << detail_;
  step(plan)->revert();
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
}

TEST_F(MysqlKeys, WithoutARowToReferToAreCounted) {
  tables();
  point({"guild"});
  server().sql("INSERT INTO guild VALUES (7); UPDATE bot SET guild=7 WHERE id < 3");
  const Plan plan = prepare({{"guild", Choice::restore}});
  step(plan)->apply();
  Session session = open();
  const auto orphans = find_orphans(session, *read_definition(session, "bot"));
  ASSERT_EQ(orphans.size(), 1U);
  EXPECT_EQ(orphans[0].key, "it's mine");
  EXPECT_EQ(orphans[0].rows, 2);
}

TEST_F(MysqlKeys, TakeNamesOf64Characters) {
  const std::string table = "b`'" + std::string(61, 't');
  const std::string key = "k`'" + std::string(61, 'k');
  server().sql("CREATE TABLE " + identifier(table) + "(id INT PRIMARY KEY, up INT, CONSTRAINT " +
               identifier(key) + " FOREIGN KEY (up) REFERENCES " + identifier(table) + "(id))");
  point({table});
  const std::string then = show(table);
  server().sql("ALTER TABLE " + identifier(table) + " ADD COLUMN extra INT");
  const Plan plan = prepare({{table, Choice::keep_all}});
  step(plan)->apply();
  EXPECT_EQ(show(table), then);
  step(plan)->revert();
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
}

// Writers that delete parents, in the set and outside of it, while it is swapped.
class MysqlKeysUnderLoad : public MysqlKeys {
 protected:
  void tables_with_rows() {
    server().sql(
        "CREATE TABLE realm(id INT PRIMARY KEY);"
        "CREATE TABLE acc(id INT PRIMARY KEY, v INT);"
        "CREATE TABLE item(id INT AUTO_INCREMENT PRIMARY KEY, acc INT NOT NULL, realm INT NOT NULL,"
        " FOREIGN KEY (acc) REFERENCES acc(id) ON DELETE CASCADE ON UPDATE CASCADE,"
        " CONSTRAINT to_realm FOREIGN KEY (realm) REFERENCES realm(id) ON DELETE CASCADE);"
        "CREATE TABLE gem(id INT AUTO_INCREMENT PRIMARY KEY, item INT,"
        " CONSTRAINT in_item FOREIGN KEY (item) REFERENCES item(id) ON DELETE CASCADE);"
        "CREATE TABLE mail(id INT AUTO_INCREMENT PRIMARY KEY, acc INT,"
        " CONSTRAINT to_acc FOREIGN KEY (acc) REFERENCES acc(id) ON DELETE CASCADE ON UPDATE "
        "CASCADE);"
        "INSERT INTO acc SELECT seq, 0 FROM " +
        numbers(8000) + "; INSERT INTO realm SELECT seq FROM " + numbers(8000) +
        "; INSERT INTO item SELECT seq, seq, 8001 - seq FROM " + numbers(8000) +
        "; INSERT INTO gem SELECT seq, seq FROM " + numbers(8000) +
        "; INSERT INTO mail SELECT seq, seq FROM " + numbers(8000));
    point({"acc", "item", "gem"});
    server().sql(
        "ALTER TABLE acc ADD x INT; ALTER TABLE item ADD x INT DEFAULT 3; ALTER TABLE gem ADD x"
        " INT");
  }
  void write(const std::string& table, std::string& error) {
    Session session = open();
    session.run("SET foreign_key_checks = 1");
    for (int i = 1; i <= 3500 && !done_; ++i) {
      const std::string id = std::to_string(i);
      try {
        session.run("DELETE FROM " + table + " WHERE id=" + id);
        if (table == "acc" && i % 5 == 0) {
          session.run("REPLACE INTO acc(id, v) VALUES (" + std::to_string(7000 - i) + ", 1)");
          session.run("UPDATE acc SET id=" + std::to_string(20000 + i) +
                      " WHERE id=" + std::to_string(8000 - i / 5));
        }
      } catch (const ServerError& failed) {
        if (failed.is_lock_timeout()) continue;  // the two writers meet in `item`
        error = std::to_string(failed.code()) + " " + failed.what();
        return;
      }
    }
  }
  std::string orphans() {
    return server().value(
        "SELECT concat_ws(' ', (SELECT count(*) FROM item LEFT JOIN acc ON acc.id=item.acc WHERE"
        " acc.id IS NULL), (SELECT count(*) FROM item LEFT JOIN realm ON realm.id=item.realm WHERE"
        " realm.id IS NULL), (SELECT count(*) FROM gem LEFT JOIN item ON item.id=gem.item WHERE"
        " item.id IS NULL), (SELECT count(*) FROM mail LEFT JOIN acc ON acc.id=mail.acc WHERE"
        " acc.id IS NULL))");
  }
  std::atomic<bool> done_{false};
};

TEST_F(MysqlKeysUnderLoad, LeaveNoRowThatRefersToNone) {
  tables_with_rows();
  const Plan plan =
      prepare({{"acc", Choice::keep_all}, {"item", Choice::keep_all}, {"gem", Choice::keep_all}});
  std::string errors[2];
  std::thread accounts([&] { write("acc", errors[0]); });
  std::thread realms([&] { write("realm", errors[1]); });
  try {
    for (int round = 0; round < 4; ++round) {
      step(plan)->apply();
      EXPECT_EQ(orphans(), "0 0 0 0") << "there, round " << round;
      step(plan)->revert();
      EXPECT_EQ(orphans(), "0 0 0 0") << "back, round " << round;
    }
    step(plan)->apply();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  done_ = true;
  accounts.join();
  realms.join();
  EXPECT_EQ(errors[0], "");
  EXPECT_EQ(errors[1], "");
  EXPECT_EQ(orphans(), "0 0 0 0");
  std::cout << aside(plan);
  // No row is gone but by the writers: each item has its account, its realm and its gem.
  EXPECT_EQ(server().value("SELECT count(*) FROM item LEFT JOIN gem ON gem.item=item.id WHERE"
                           " gem.id IS NULL"),
            "0");
  EXPECT_GT(std::stoi(server().value("SELECT count(*) FROM item")), 100);
}

TEST_F(MysqlKeysUnderLoad, FindsWhatCascadesDidBetweenPreparationAndSwap) {
  tables_with_rows();
  const Plan plan =
      prepare({{"acc", Choice::keep_all}, {"item", Choice::keep_all}, {"gem", Choice::keep_all}});
  server().sql(
      "DELETE FROM acc WHERE id <= 10; DELETE FROM realm WHERE id > 7990; REPLACE INTO acc(id)"
      " VALUES (20),(21); UPDATE acc SET id=9000 WHERE id=30");
  const std::string now = server().sql("SELECT id, acc, realm FROM item ORDER BY id");
  const std::string gems = server().sql("SELECT id, item FROM gem ORDER BY id");
  step(plan)->apply();
  EXPECT_EQ(server().sql("SELECT id, acc, realm FROM item ORDER BY id"), now);
  EXPECT_EQ(server().sql("SELECT id, item FROM gem ORDER BY id"), gems);
  server().sql(
      "DELETE FROM acc WHERE id BETWEEN 40 AND 50; REPLACE INTO acc(id) VALUES (60);"
      "UPDATE acc SET id=9001 WHERE id=70; DELETE FROM realm WHERE id=100");
  const std::string then = server().sql("SELECT id, acc, realm FROM item ORDER BY id");
  step(plan)->revert();
  EXPECT_EQ(server().sql("SELECT id, acc, realm FROM item ORDER BY id"), then);
}

TEST_F(MysqlKeysUnderLoad, FailNoStatementWhenTheLogsGo) {
  tables_with_rows();
  std::string error;
  std::thread writer([&] { write("acc", error); });
  Session session = open();
  for (int round = 0; round < 4; ++round) {
    for (const char* const table : {"acc", "item", "gem"}) {
      start_log(session, *read_definition(session, table), table, std::string("log_") + table);
    }
    stop_logs(session, {"log_acc", "log_item", "log_gem"});
  }
  done_ = true;
  writer.join();
  EXPECT_EQ(error, "");
}

}  // namespace
}  // namespace rollback::mysql
