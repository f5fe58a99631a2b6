// What is written to a table while another is built from it: noted, carried
// over, and set aside where it does not fit.
#include <atomic>
#include <thread>

#include "mysql_log_fixture.h"
#include "part/database/mysql/rows/fitting.h"

namespace rollback::mysql {
namespace {

class MysqlLog : public MysqlLogTest {};

TEST_F(MysqlLog, NotesOldAndNewKeysOfWhatOthersWrite) {
  server().sql("CREATE TABLE bot(id INT PRIMARY KEY, v INT); INSERT INTO bot VALUES (1,1),(2,2)");
  start_log(*session_, definition("bot"), "bot", "git_rollback_log");
  EXPECT_FALSE(is_logged(*session_, "git_rollback_log"));
  server().sql(
      "INSERT INTO bot VALUES (3,3); UPDATE bot SET v=9 WHERE id=1; UPDATE bot SET id=7 WHERE id=2;"
      "DELETE FROM bot WHERE id=1; REPLACE INTO bot VALUES (3,4);"
      "INSERT INTO bot VALUES (3,5) ON DUPLICATE KEY UPDATE v=5");
  EXPECT_EQ(count_logged(*session_, definition("bot"), "git_rollback_log"), 4);
  EXPECT_EQ(server().sql("SELECT DISTINCT k1 FROM git_rollback_log ORDER BY k1"), "1\n2\n3\n7\n");
  carries(*session_);
  session_->run("INSERT INTO bot VALUES (50,3)");
  EXPECT_EQ(count_logged(*session_, definition("bot"), "git_rollback_log"), 4);
  EXPECT_TRUE(definition("bot").triggers.empty());
  stop_logs(*session_, {"git_rollback_log"});
  stop_logs(*session_, {"git_rollback_log"});
  server().sql("INSERT INTO bot VALUES (60,3)");
  EXPECT_FALSE(table_exists(*session_, "git_rollback_log"));
}

TEST_F(MysqlLog, FollowsATableOfAnotherShape) {
  server().sql(
      "CREATE TABLE bot(id BIGINT, part VARCHAR(20), v INT, extra INT DEFAULT 5,"
      " PRIMARY KEY(part, id)); CREATE TABLE old(id INT, part VARCHAR(20), v INT UNIQUE,"
      " gone VARCHAR(10) NOT NULL DEFAULT 'x', PRIMARY KEY(id, part));"
      "INSERT INTO bot(id, part, v) SELECT seq, concat('p', seq % 7), seq FROM " +
      numbers(25000));
  begin("bot", "old");
  EXPECT_EQ(server().value("SELECT count(*) FROM old WHERE gone='x'"), "25000");
  server().sql(
      "UPDATE bot SET v=-v WHERE id % 10 = 0; DELETE FROM bot WHERE id % 11 = 0;"
      "INSERT INTO bot(id, part, v) VALUES (30000,'new',-1); UPDATE bot SET id=30001 WHERE id=1");
  EXPECT_GT(follow().keys, 4000);
  EXPECT_EQ(server().sql("SELECT id, part, v FROM old ORDER BY id, part"),
            server().sql("SELECT id, part, v FROM bot ORDER BY id, part"));
  EXPECT_FALSE(is_logged(*session_, carry_.log));
}

TEST_F(MysqlLog, LeavesWhatDoesNotFitInTheLogAndSetsItAsideAtLast) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, name VARCHAR(20)); CREATE TABLE old(id INT PRIMARY KEY,"
      " name VARCHAR(3) NOT NULL, UNIQUE(name)); INSERT INTO bot VALUES"
      " (1,'a'),(2,'b'),(3,'toolong'),(4,'c'),(5,NULL),(6,'a')");
  begin("bot", "old");
  EXPECT_EQ(filled_.set_aside, 3);
  EXPECT_EQ(server().sql("SELECT id FROM aside ORDER BY id"), "3\n5\n6\n");
  EXPECT_NE(server().value("SELECT git_rollback_reason FROM aside WHERE id=3").find("name"),
            std::string::npos);
  server().sql("UPDATE bot SET name='z' WHERE id=1; INSERT INTO bot VALUES (7,'toolong'),(8,'d')");
  follow();
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\tz\n2\tb\n4\tc\n8\td\n");
  EXPECT_EQ(count_logged(*session_, definition("bot"), carry_.log), 1);
  EXPECT_EQ(last().set_aside, 1);
  EXPECT_EQ(server().sql("SELECT id FROM aside ORDER BY id"), "3\n5\n6\n7\n");
  EXPECT_FALSE(is_logged(*session_, carry_.log));
}

TEST_F(MysqlLog, LetsUniqueValuesWanderBetweenRows) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, place INT UNIQUE); CREATE TABLE old LIKE bot;"
      "INSERT INTO bot SELECT seq, seq FROM " +
      numbers(2000));
  begin("bot", "old");
  server().sql("UPDATE bot SET place = -place; UPDATE bot SET place = 2001 + place ORDER BY id");
  EXPECT_EQ(last().set_aside, 0);
  expect_equal("bot", "old");
}

TEST_F(MysqlLog, KeepsThePointsRowsOfKeysThatItHad) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, v INT); CREATE TABLE old LIKE bot; CREATE TABLE point"
      " LIKE bot; INSERT INTO point VALUES (1,10),(2,20),(3,30); INSERT INTO bot VALUES"
      " (1,11),(3,30),(4,40)");
  carry_.keep_from = "point";
  begin("bot", "old");
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\t10\n2\t20\n3\t30\n4\t40\n");
  server().sql("UPDATE bot SET v=0; DELETE FROM bot WHERE id=4; INSERT INTO bot VALUES (5,50)");
  follow();
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\t10\n2\t20\n3\t30\n5\t50\n");
  server().sql("UPDATE bot SET v=51 WHERE id=5");
  last();
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\t10\n2\t20\n3\t30\n5\t51\n");
}

TEST_F(MysqlLog, CarriesATableWithoutAKeyAsAWhole) {
  server().sql(
      "CREATE TABLE bot(v INT); CREATE TABLE old LIKE bot; INSERT INTO bot VALUES (1),(1)");
  begin("bot", "old");
  expect_equal("bot", "old");
  server().sql("INSERT INTO bot VALUES (1),(2)");
  EXPECT_EQ(follow().keys, 0);
  EXPECT_EQ(count_logged(*session_, definition("bot"), carry_.log), 1);
  last();
  expect_equal("bot", "old");
}

TEST_F(MysqlLog, DoesNotBringBackWhatIsWrittenAgainInTheMeantime) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, v INT); CREATE TABLE old LIKE bot;"
      "INSERT INTO bot VALUES (1,1),(2,2)");
  begin("bot", "old");
  start_log(*session_, definition("old"), "old", "git_rollback_other");
  server().sql("UPDATE bot SET v=v+10; UPDATE old SET v=v+100 WHERE id=2");
  carry_.overtaken_by = "git_rollback_other";
  EXPECT_EQ(last().set_aside, 1);
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\t11\n2\t102\n");
  EXPECT_EQ(server().sql("SELECT id, v FROM aside"), "2\t12\n");
}

TEST_F(MysqlLog, KeepsTheColumnsThatTheTargetHasAlone) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, v INT); CREATE TABLE old(id INT PRIMARY KEY, v INT,"
      " own INT DEFAULT 7); INSERT INTO bot VALUES (1,1),(2,2); INSERT INTO old VALUES (1,1,100),"
      "(2,2,200)");
  carry_.projection = {definition("bot"), definition("old"), "bot", "old"};
  carry_.log = "git_rollback_log";
  carry_.target = "old";
  carry_.aside = "aside";
  start_log(*session_, carry_.projection.from, "bot", carry_.log);
  make_aside(*session_, carry_.projection.from, "aside");
  server().sql("UPDATE bot SET v=11 WHERE id=1; INSERT INTO bot VALUES (3,3)");
  EXPECT_EQ(last().keys, 2);
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\t11\t100\n2\t2\t200\n3\t3\t7\n");
}

TEST_F(MysqlLog, SetsNothingAsideWhereItsBatchIsTakenBack) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, v INT); CREATE TABLE old(id INT PRIMARY KEY, v INT,"
      " own INT DEFAULT 7); INSERT INTO bot VALUES (1,1),(2,2); INSERT INTO old VALUES (1,1,100),"
      "(2,2,200)");
  carry_.projection = {definition("bot"), definition("old"), "bot", "old"};
  carry_.log = "git_rollback_log";
  carry_.target = "old";
  carry_.aside = "aside";
  carry_.overtaken_by = "git_rollback_other";
  start_log(*session_, carry_.projection.from, "bot", carry_.log);
  start_log(*session_, carry_.projection.to, "old", carry_.overtaken_by);
  make_aside(*session_, carry_.projection.from, "aside");
  server().sql("UPDATE bot SET v=v+10; UPDATE old SET own=5 WHERE id=2");
  carry_.in_batch = true;
  {
    Batch batch(*session_);
    EXPECT_EQ(last().set_aside, 1);
  }
  EXPECT_EQ(server().value("SELECT count(*) FROM aside"), "0");
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\t1\t100\n2\t2\t5\n");
  carry_.in_batch = false;
  EXPECT_EQ(last().set_aside, 1);
  EXPECT_EQ(server().value("SELECT count(*) FROM aside"), "1");
  EXPECT_EQ(server().sql("SELECT * FROM old ORDER BY id"), "1\t11\t100\n2\t2\t5\n");
}

TEST_F(MysqlLog, CarriesUnderLockTables) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, v INT); CREATE TABLE old LIKE bot; CREATE TABLE bot2"
      " LIKE bot; INSERT INTO bot VALUES (1,1)");
  begin("bot", "old");
  server().sql("INSERT INTO bot VALUES (2,2)");
  session_->run("LOCK TABLES bot WRITE, old WRITE, git_rollback_log WRITE, aside WRITE");
  EXPECT_EQ(last().keys, 1);
  EXPECT_EQ(session_->number("SELECT count(*) FROM old"), 2);
  EXPECT_THROW(session_->number("SELECT count(*) FROM bot2"), ServerError);  // still locked
  session_->run("UNLOCK TABLES");
  expect_equal("bot", "old");
}

TEST_F(MysqlLog, LosesNothingUnderManyWriters) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY AUTO_INCREMENT, v INT, name VARCHAR(30) UNIQUE)"
      " ENGINE=InnoDB; CREATE TABLE old LIKE bot; INSERT INTO bot(v, name) SELECT seq, seq FROM"
      " " +
      numbers(3000));
  std::atomic<bool> done{false};
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      Session session = open();
      for (int i = 0; !done; ++i) {
        const std::string id = std::to_string(1 + (i * 37 + w * 11) % 3000);
        const std::string name = literal("n" + std::to_string(w) + "_" + std::to_string(i));
        try {
          session.run("START TRANSACTION");
          session.run("UPDATE bot SET v=v+1 WHERE id=" + id);
          session.run("INSERT INTO bot(v, name) VALUES (0," + name + ")");
          if (i % 3 == 0) session.run("DELETE FROM bot WHERE id=" + id);
          session.run(i % 5 == 0 ? "ROLLBACK" : "COMMIT");
        } catch (const ServerError& error) {
          if (!error.is_lock_timeout()) throw;
          session.run("ROLLBACK");
        }
      }
    });
  }
  begin("bot", "old");
  for (int i = 0; i < 10; ++i) follow();
  done = true;
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(last().set_aside, 0);
  EXPECT_EQ(filled_.set_aside, 0);
  expect_equal("bot", "old");
}

TEST_F(MysqlLog, LetsAWriteThatALockSendsBackFindTheLogOfTheTableThatCame) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY); CREATE TABLE old LIKE bot; CREATE TABLE arm(id INT"
      " PRIMARY KEY, bot INT, FOREIGN KEY(bot) REFERENCES bot(id) ON DELETE CASCADE); CREATE TABLE"
      " axe LIKE arm; ALTER TABLE axe ADD FOREIGN KEY(bot) REFERENCES bot(id) ON DELETE"
      " CASCADE");
  make_log(*session_, definition("old"), "git_rollback_after");
  start_log(*session_, definition("bot"), "bot", "git_rollback_before", {"git_rollback_after"});
  start_log(*session_, definition("old"), "old", "git_rollback_after", {"git_rollback_before"});
  // Locks are asked for by name. The write has the table and waits for one that its keys or its
  // triggers bring, while we have another of these and wait for the table.
  for (const char* const held : {"arm", "axe"}) {
    const std::string ours = std::string(held) == "arm" ? "axe" : "arm";
    Session holder = open();
    Session writer = open();
    Session locker = open();
    Session renamer = open();
    holder.run(std::string("LOCK TABLES ") + held + " WRITE");
    std::string failed;
    std::thread write([&] {
      try {
        writer.run("INSERT INTO bot VALUES (1)");
      } catch (const ServerError& error) {
        failed = error.what();
      }
    });
    until_it_waits(writer, "INSERT");
    std::thread lock([&] { locker.run("LOCK TABLES bot WRITE, old WRITE, " + ours + " WRITE"); });
    until_it_waits(locker, "LOCK");
    holder.run("UNLOCK TABLES");
    lock.join();
    std::thread rename([&] { renamer.run("RENAME TABLE bot TO gone, old TO bot, gone TO old"); });
    until_it_waits(renamer, "RENAME");
    locker.run("UNLOCK TABLES");
    rename.join();
    write.join();
    EXPECT_EQ(failed, "");
    server().sql(
        "DELETE FROM bot; DELETE FROM old; RENAME TABLE bot TO gone, old TO bot, gone TO old");
  }
}

TEST_F(MysqlLog, LetsASessionWriteThatLocksTheTable) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, v INT); CREATE TABLE old LIKE bot;"
      "INSERT INTO bot VALUES (1,1),(2,2)");
  begin("bot", "old");
  Session locker = open();
  for (int i = 10; i < 13; ++i) {
    follow();
    const std::string id = std::to_string(i);
    locker.run("LOCK TABLES bot WRITE");
    locker.run("INSERT INTO bot VALUES (" + id + ",1)");
    locker.run("UPDATE bot SET v=v+1");
    locker.run("UPDATE bot SET id=id+100 WHERE id=" + id);
    locker.run("DELETE FROM bot WHERE id=1");
    locker.run("REPLACE INTO bot VALUES (2," + id + ")");
    locker.run("UNLOCK TABLES");
  }
  last();
  expect_equal("bot", "old");
}

TEST_F(MysqlLog, TakesHostileNames) {
  const std::string live = "a`b'c\"; DROP TABLE x; --" + std::string(40, 'z');
  const std::string quoted = identifier(live);
  server().sql("CREATE TABLE " + quoted +
               "(`k``'1` VARCHAR(20) COLLATE utf8mb4_bin, `select` BLOB,"
               " PRIMARY KEY(`k``'1`)) CHARACTER SET utf8mb4; CREATE TABLE old LIKE " +
               quoted + "; INSERT INTO " + quoted +
               " VALUES ('''', x'00ff'), ('\\\\', NULL), ('a', '')");
  begin(live, "old");
  server().sql("UPDATE " + quoted + " SET `k``'1`='A' WHERE `k``'1`='a'; INSERT INTO " + quoted +
               " VALUES ('ä€𝄞', 'x')");
  follow();
  EXPECT_EQ(server().rows("old"), server().rows(live));
  EXPECT_EQ(server().value("SELECT count(*) FROM old"), "4");
}

}  // namespace
}  // namespace rollback::mysql
