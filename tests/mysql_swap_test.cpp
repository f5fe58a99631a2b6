// The swap of tables on a real server, there and back, while others write.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "mysql_swap_fixture.h"
#include "os/error.h"
#include "part/database/mysql/rows/rows.h"
#include "part/database/mysql/swap/settle.h"

namespace rollback::mysql {
namespace {

class MysqlSwap : public MysqlSwapTest {
 protected:
  void migrated() {
    server().sql(
        "CREATE TABLE bot(id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(30), level INT)"
        " ENGINE=InnoDB; CREATE TABLE item(id INT PRIMARY KEY AUTO_INCREMENT, bot INT, what"
        " VARCHAR(20)); CREATE TABLE updates(name VARCHAR(40) PRIMARY KEY);"
        "INSERT INTO bot SELECT seq, concat('bot', seq), seq FROM " +
        numbers(500) +
        ";"
        "INSERT INTO item SELECT seq, seq, 'sword' FROM " +
        numbers(500) +
        ";"
        "INSERT INTO updates VALUES ('1')");
    point({"bot", "item", "updates"});
    server().sql(
        "ALTER TABLE bot ADD COLUMN extra INT NOT NULL DEFAULT 3, DROP COLUMN level;"
        "ALTER TABLE item ADD COLUMN rare INT; INSERT INTO updates VALUES ('2');"
        "INSERT INTO bot(name) VALUES ('since'); UPDATE bot SET name='changed' WHERE id=1;"
        "CREATE TABLE fresh(a INT PRIMARY KEY)");
  }
};

TEST_F(MysqlSwap, IdsOfATableThatWasEmptyAreNotGivenAgain) {
  server().sql("CREATE TABLE bots(id INT AUTO_INCREMENT PRIMARY KEY, n INT)");
  point({"bots"});
  point_["bots"].definition.counter.reset();  // as some servers say it
  server().sql("INSERT INTO bots(n) VALUES (1),(2),(3)");
  const Plan plan = prepare({{"bots", Choice::restore}});
  step(plan)->apply();
  server().sql("INSERT INTO bots(n) VALUES (4)");
  EXPECT_EQ(server().value("SELECT id FROM bots"), "4");
}

TEST_F(MysqlSwap, PutsThePointsTablesInPlaceAndTakesThemBack) {
  migrated();
  const std::string before = server().dump();
  const Plan plan = prepare({{"bot", Choice::keep_all},
                             {"item", Choice::restore},
                             {"updates", Choice::restore},
                             {"fresh", Choice::displace}});
  EXPECT_EQ(seen(plan), Observation::before);
  step(plan)->apply();
  EXPECT_EQ(seen(plan), Observation::after) << detail_;
  step(plan)->apply();
  EXPECT_EQ(server().sql("SELECT * FROM updates"), "1\n");
  EXPECT_EQ(server().sql("SELECT * FROM bot WHERE id IN (1,2,501) ORDER BY id"),
            "1\tchanged\t1\n2\tbot2\t2\n501\tsince\tNULL\n");
  EXPECT_EQ(server().value("SELECT count(*) FROM item"), "500");
  EXPECT_EQ(server().value("SELECT count(*) FROM information_schema.tables WHERE"
                           " table_name='fresh'"),
            "0");
  EXPECT_EQ(aside(plan), "");
  step(plan)->revert();
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
  step(plan)->revert();
  EXPECT_EQ(server().sql("SELECT * FROM updates ORDER BY name"), "1\n2\n");
  EXPECT_EQ(server().sql("SELECT * FROM bot WHERE id IN (1,2,501) ORDER BY id"),
            "1\tchanged\t3\n2\tbot2\t3\n501\tsince\t3\n");
  EXPECT_EQ(server().value("SELECT count(*) FROM fresh"), "0");
  step(plan)->apply();
  EXPECT_EQ(seen(plan), Observation::after);
}

TEST_F(MysqlSwap, CarriesOverWhatIsWrittenSincePreparationAndBackWhatIsWrittenSinceTheSwap) {
  migrated();
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::restore}});
  server().sql(
      "UPDATE bot SET name='late', extra=9 WHERE id=2; DELETE FROM bot WHERE id=3;"
      "INSERT INTO bot(id, name) VALUES (700,'later')");
  step(plan)->apply();
  EXPECT_EQ(server().sql("SELECT * FROM bot WHERE id IN (2,3,700) ORDER BY id"),
            "2\tlate\t2\n700\tlater\tNULL\n");
  server().sql(
      "UPDATE bot SET name='live' WHERE id=2; INSERT INTO bot(name, level) VALUES ('new',1);"
      "DELETE FROM bot WHERE id=4; INSERT INTO item(bot, what) VALUES (9,'bow');"
      "UPDATE item SET what='axe' WHERE id=7");
  EXPECT_EQ(server().value("SELECT id FROM bot WHERE name='new'"), "701");
  step(plan)->revert();
  EXPECT_EQ(server().sql("SELECT * FROM bot WHERE id IN (2,3,4,700,701) ORDER BY id"),
            "2\tlive\t9\n700\tlater\t3\n701\tnew\t3\n");
  EXPECT_EQ(aside(plan), "item 2 it was written to the point's rows, which did not stay\n");
  step(plan)->apply();
  EXPECT_EQ(server().sql("SELECT * FROM bot WHERE id IN (2,4,701) ORDER BY id"),
            "2\tlive\t2\n701\tnew\t1\n");
  EXPECT_EQ(server().value("SELECT what FROM item WHERE id=7"), "sword");  // the point's again
  EXPECT_EQ(server().value("SELECT count(*) FROM item"), "500");
}

TEST_F(MysqlSwap, GetsReadyUnseenAndTakesWhatIsWrittenAfterThat) {
  migrated();
  const std::string before = show("bot") + show("item") + triggers();
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  server().sql("UPDATE bot SET name='early' WHERE id=2");
  const auto ready = step(plan);
  ready->get_ready();
  EXPECT_EQ(show("bot") + show("item") + triggers(), before);
  EXPECT_EQ(ready->observe().what, Observation::before);
  server().sql(
      "UPDATE bot SET name='late' WHERE id=3; INSERT INTO item SELECT NULL, seq, 'axe', 1 FROM " +
      numbers(1500) + "; DELETE FROM item WHERE id=1");
  ready->get_ready();  // again
  server().sql("UPDATE bot SET name='later' WHERE id=4");
  ready->apply();
  EXPECT_EQ(ready->observe().what, Observation::after);
  ready->get_ready();
  ready->apply();
  EXPECT_EQ(server().sql("SELECT name FROM bot WHERE id IN (2,3,4) ORDER BY id"),
            "early\nlate\nlater\n");
  EXPECT_EQ(server().value("SELECT count(*) FROM item"), "1999");
  ready->revert();
  EXPECT_EQ(ready->observe().what, Observation::before);
  EXPECT_EQ(server().value("SELECT count(*) FROM item"), "1999");
}

TEST_F(MysqlSwap, IsReadyOnceMoreWhereTheServerEndedItsSessions) {
  migrated();
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  const auto ready = step(plan);
  ready->get_ready();
  server().kill9();
  server().start();
  server().sql("UPDATE bot SET name='late' WHERE id=3");
  ready->apply();
  EXPECT_EQ(ready->observe().what, Observation::after);
  EXPECT_EQ(server().value("SELECT name FROM bot WHERE id=3"), "late");
}

TEST_F(MysqlSwap, IsNotAllowedWhereATableWasAlteredSinceItIsReady) {
  migrated();
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  const auto ready = step(plan);
  ready->get_ready();
  server().sql("ALTER TABLE item ADD COLUMN more INT");
  EXPECT_THROW(ready->apply(), Refused);
  server().sql("ALTER TABLE item DROP COLUMN more");
  ready->apply();
  EXPECT_EQ(ready->observe().what, Observation::after);
}

TEST_F(MysqlSwap, PutsTheHistoryInAgainWhereThePointsRowsWereWrittenTo) {
  if (!server().is_mariadb()) GTEST_SKIP() << "only MariaDB has system versioning";
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(30)) WITH SYSTEM"
      " VERSIONING; INSERT INTO bot(name) VALUES ('a'),('b'); UPDATE bot SET name='c' WHERE id=1");
  Session session = open();
  const Definition definition = *read_definition(session, "bot");
  session.run("CREATE TABLE copy LIKE bot");
  copy_with_history(session, definition, "bot", "copy");
  point_["bot"] = {definition, "copy"};
  const std::string all =
      "SELECT id, name, row_start, row_end FROM bot FOR SYSTEM_TIME ALL ORDER BY row_start, id";
  const std::string then = server().sql(all);
  server().sql("DELETE FROM bot WHERE id=2");
  const Plan plan = prepare({{"bot", Choice::restore}});
  session.run("DELETE FROM " + plan.changes[0].incoming);
  session.run("DELETE HISTORY FROM " + plan.changes[0].incoming);
  session.run("SET @git_rollback_carries = 1");
  copy_with_history(session, definition, "copy", plan.changes[0].incoming);
  server().sql("DELETE FROM " + identifier(plan.changes[0].after_log()));
  step(plan)->apply();
  EXPECT_EQ(server().sql(all), then);
  server().sql("UPDATE bot SET name='d'; INSERT INTO bot(name) VALUES ('e')");
  step(plan)->revert();
  EXPECT_EQ(server().sql("SELECT name FROM bot"), "c\n");
  step(plan)->apply();
  EXPECT_EQ(server().sql(all), then);
}

TEST_F(MysqlSwap, StopsWhereLateRowsWouldBeLost) {
  migrated();
  Plan plan = prepare({{"item", Choice::restore}}, 1);
  server().sql("INSERT INTO item(bot) VALUES (1)");
  plan.changes[0].if_unwritten = true;
  EXPECT_THROW(step(plan)->apply(), Refused);
  EXPECT_EQ(seen(plan), Observation::before);
  plan.changes[0].if_unwritten = false;
  server().sql("INSERT INTO item(bot) VALUES (1)");
  try {
    step(plan)->apply();
    ADD_FAILURE();
  } catch (const Refused& error) {
    EXPECT_STREQ(error.what(), "rows of table 'item' were written meanwhile");
  }
  EXPECT_EQ(seen(plan), Observation::before);
  plan.loss_limit = 2;
  step(plan)->apply();
  EXPECT_EQ(seen(plan), Observation::after);
}

TEST_F(MysqlSwap, SetsAsideWhatDoesNotFit) {
  server().sql("CREATE TABLE bot(id INT PRIMARY KEY, name VARCHAR(3) NOT NULL)");
  point({"bot"});
  server().sql(
      "ALTER TABLE bot MODIFY name VARCHAR(20) NULL; INSERT INTO bot VALUES (1,'long'),"
      "(2,'ok')");
  const Plan plan = prepare({{"bot", Choice::keep_all}});
  server().sql("INSERT INTO bot VALUES (3,NULL),(4,'fit')");
  step(plan)->apply();
  EXPECT_EQ(server().sql("SELECT * FROM bot ORDER BY id"), "2\tok\n4\tfit\n");
  EXPECT_EQ(server().sql("SELECT id FROM " + plan.changes[0].aside + " ORDER BY id"), "1\n3\n");
  EXPECT_NE(aside(plan).find("bot 2 "), std::string::npos) << aside(plan);
}

TEST_F(MysqlSwap, IsForeignWhereATableWasAlteredAndRefusedWhereItWasEmptied) {
  migrated();
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::restore}});
  server().sql("ALTER TABLE bot ADD COLUMN more INT");
  EXPECT_EQ(seen(plan), Observation::foreign);
  EXPECT_TRUE(detail_.starts_with("table 'bot' has another definition: it has `more` int"))
      << detail_;
  EXPECT_TRUE(step(plan)->observe().never_applied);
  EXPECT_THROW(step(plan)->apply(), Refused);
  server().sql("ALTER TABLE bot DROP COLUMN more");
  EXPECT_EQ(seen(plan), Observation::before);
  server().sql("TRUNCATE TABLE bot; INSERT INTO bot(name) VALUES ('first')");
  try {
    step(plan)->apply();
    ADD_FAILURE();
  } catch (const Refused& error) {
    EXPECT_STREQ(error.what(), "table 'bot' was emptied or rebuilt meanwhile");
  }
  EXPECT_EQ(seen(plan), Observation::before);
  server().sql("DROP TABLE bot");
  EXPECT_EQ(seen(plan), Observation::foreign);
  EXPECT_TRUE(step(plan)->observe().never_applied);
}

TEST_F(MysqlSwap, MayHaveBeenAppliedWhereATableWasAlteredAfterIt) {
  migrated();
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::restore}});
  step(plan)->apply();
  server().sql("ALTER TABLE bot ADD COLUMN more INT");
  EXPECT_EQ(seen(plan), Observation::foreign);
  EXPECT_FALSE(step(plan)->observe().never_applied);
}

TEST_F(MysqlSwap, GivesNoIdAgain) {
  migrated();
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::restore}});
  server().sql(
      "START TRANSACTION; INSERT INTO bot(name) VALUES ('x'),('y'); ROLLBACK;"
      "INSERT INTO item(bot) VALUES (1),(1)");
  const std::string item = server().value("SELECT max(id) + 1 FROM item");
  step(plan)->apply();
  server().sql("INSERT INTO bot(name) VALUES ('next'); INSERT INTO item(bot) VALUES (1)");
  EXPECT_EQ(server().value("SELECT id FROM bot WHERE name='next'"), "504");
  EXPECT_EQ(server().value("SELECT max(id) FROM item"), item);
  // Which is set aside now.
  step(plan)->revert();
  server().sql("INSERT INTO item(bot) VALUES (2)");
  EXPECT_EQ(server().value("SELECT max(id) - " + item + " FROM item"), "1");
}

TEST_F(MysqlSwap, LeavesTheCounterWhereTodaysIdsAreTooHighForThePoints) {
  server().sql(
      "CREATE TABLE bot(id TINYINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(9)); INSERT INTO bot"
      " VALUES (1,'ann')");
  point({"bot"});
  server().sql("ALTER TABLE bot MODIFY id INT AUTO_INCREMENT; INSERT INTO bot VALUES (300,'bob')");
  const Plan plan = prepare({{"bot", Choice::restore}});
  step(plan)->apply();
  server().sql("INSERT INTO bot(name) VALUES ('cid')");
  EXPECT_EQ(server().value("SELECT max(id) FROM bot"), "2");
}

TEST_F(MysqlSwap, MovesTriggersAsTheyWere) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, name VARCHAR(30)); CREATE TABLE audit(n INT"
      " AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40)); SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT';"
      "CREATE TRIGGER \"a`b\" AFTER INSERT ON bot FOR EACH ROW INSERT INTO audit(what) VALUES"
      " ('one ' || NEW.name); SET NAMES latin1; SET sql_mode='';"
      "CREATE TRIGGER two AFTER INSERT ON bot FOR EACH ROW INSERT INTO audit(what) VALUES"
      " (concat('zw\xf6lf ', NEW.id)); SET NAMES utf8mb4;"
      "CREATE DEFINER=nobody@nowhere TRIGGER three BEFORE DELETE ON bot FOR EACH ROW BEGIN END;");
  const std::string then = triggers();
  point({"bot"});
  server().sql(
      "ALTER TABLE bot ADD COLUMN extra INT; DROP TRIGGER two; CREATE TRIGGER other BEFORE INSERT"
      " ON bot FOR EACH ROW SET NEW.extra = 5");
  const std::string now = triggers();
  const Plan plan = prepare({{"bot", Choice::keep_all}});
  server().sql("INSERT INTO bot(id, name) VALUES (1,'x')");
  step(plan)->apply();
  EXPECT_EQ(triggers(), then);
  EXPECT_EQ(server().sql("SELECT what FROM audit ORDER BY n"), "one x\n");  // not again
  server().sql("INSERT INTO bot(id, name) VALUES (2,'y')");
  EXPECT_EQ(server().sql("SELECT what FROM audit ORDER BY n"), "one x\none y\nzwölf 2\n");
  step(plan)->revert();
  EXPECT_EQ(triggers(), now);
  EXPECT_EQ(server().sql("SELECT * FROM bot ORDER BY id"), "1\tx\t5\n2\ty\tNULL\n");
  EXPECT_EQ(server().value("SELECT count(*) FROM audit"), "3");
}

TEST_F(MysqlSwap, SaysWhereARowIsThatSlippedInWithoutAKey) {
  server().sql("CREATE TABLE note(n INT); INSERT INTO note VALUES (1)");
  point({"note"});
  server().sql("ALTER TABLE note ADD COLUMN extra INT");
  const Plan plan = prepare({{"note", Choice::keep_all}});
  step(plan)->apply();
  EXPECT_EQ(aside(plan), "");
  // As a swap leaves it that is stopped right after its RENAME.
  server().sql("UPDATE git_rollback_operations SET state='prepared'; INSERT INTO " +
               identifier(plan.changes[0].displaced) + " VALUES (2, 2)");
  for (int i = 0; i < 2; ++i) {
    step(plan)->apply();
    EXPECT_EQ(aside(plan), "note 1 written in the moment of the swap, and the table has no key\n");
    server().sql("UPDATE git_rollback_operations SET state='prepared'");
  }
}

TEST_F(MysqlSwap, LooksAgainWhereItsClaimWasLostSinceItLooked) {
  server().sql("CREATE TABLE note(n INT PRIMARY KEY, s INT); INSERT INTO note VALUES (1, 1)");
  point({"note"});
  server().sql("ALTER TABLE note ADD COLUMN extra INT");
  const Plan plan = prepare({{"note", Choice::keep_all}});
  const auto sleeping = step(plan);
  sleeping->get_ready();
  EXPECT_EQ(sleeping->observe().what, Observation::before);
  // The host sleeps, its connections end, and another takes over and comes to the end.
  Session killer = open();
  for (const Row& row : killer.rows("SELECT id FROM information_schema.processlist WHERE user ="
                                    " 'root' AND id <> connection_id()")) {
    try {
      killer.run("KILL " + *row[0]);
    } catch (const ServerError&) {  // it has just ended
    }
  }
  step(plan)->apply();
  settle(place(), plan.operation);
  sleeping->apply();
  EXPECT_EQ(server().value("SELECT state FROM git_rollback_operations"), "settled");
}

}  // namespace
}  // namespace rollback::mysql
