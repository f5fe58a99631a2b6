#include "part/database/mysql/procedures/procedures.h"

#include <atomic>
#include <set>
#include <thread>

#include "mysql_fixture.h"
#include "os/error.h"
#include "part/database/mysql/backup/capture.h"
#include "part/database/mysql/backup/upkeep.h"
#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/salvage/salvage.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

class MysqlProcedures : public MysqlEngineTest {
 protected:
  void SetUp() override {
    MysqlEngineTest::SetUp();
    if (IsSkipped()) return;
    server().sql(
        "CREATE TABLE playerbot (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20),"
        " twice VARCHAR(40) AS (concat(name, name)) VIRTUAL, KEY (name));"
        "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';"
        "INSERT INTO playerbot (id, name) VALUES (0, 'zero'), (1, 'one'), (7, NULL);");
  }

  void back_up(const std::string& point) {
    Place full = place();
    full.settings.backup = {BackupMode::full};
    capture(full, {point, std::nullopt});
  }

  void put_in() {
    Session session = open();
    install(place(), session, make_procedures(place(), session));
  }

  // What the client says when it fails; "" when it does not.
  std::string failure(const std::string& sql) {
    try {
      server().sql(sql);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  void expect_failure(const std::string& sql, const std::string& saying) {
    const std::string said = failure(sql);
    EXPECT_NE(said.find(saying), std::string::npos) << sql << "\n" << said;
  }

  std::string tables() {
    return server().value(
        "SELECT group_concat(table_name ORDER BY table_name) FROM information_schema.tables"
        " WHERE table_schema = 'world' AND table_name NOT LIKE 'git\\_rollback%'");
  }

  std::set<std::string> displaced_tables() {
    std::set<std::string> names;
    Session session = open();
    for (const Row& row : session.rows(
             "SELECT table_name FROM information_schema.tables WHERE table_schema = 'world'"
             " AND table_name LIKE 'playerbot\\_out\\_%'")) {
      names.insert(*row[0]);
    }
    return names;
  }

  std::string one_displaced() {
    return server().value(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'world'"
        " AND table_name LIKE 'playerbot\\_out\\_%'");
  }
};

TEST_F(MysqlProcedures, AreOfNoSessionsAndOfNoLedger) {
  server().sql("CREATE TABLE updates (id INT); CREATE TABLE online (id INT)");
  Place all = place();
  all.settings.tables = {"*"};
  all.settings.sessions = {"online"};
  Session session = open();
  std::string made;
  for (const Procedure& one : make_procedures(all, session)) made += one.table + ",";
  EXPECT_EQ(made, ",playerbot,");
}

TEST_F(MysqlProcedures, BringTheNewestBackupOfADayBack) {
  std::string before = server().sql("SHOW CREATE TABLE playerbot");
  back_up("20240123T100000Z-4f2a91c");
  server().sql("INSERT INTO playerbot (name) VALUES ('eight')");
  back_up("20240123T110000Z-4f2a91c");
  const std::string at_eleven = server().sql("SHOW CREATE TABLE playerbot");
  server().sql("DELETE FROM playerbot; ALTER TABLE playerbot ADD x INT, DROP KEY name");
  back_up("20240124T100000Z-4f2a91c");
  put_in();
  server().sql("CALL rollback_playerbot('20240123')");
  EXPECT_EQ(server().rows("playerbot"),
            (std::vector<std::string>{"0\tzero\tzerozero", "1\tone\toneone", "7\tNULL\tNULL",
                                      "8\teight\teighteight"}));
  EXPECT_EQ(server().sql("SHOW CREATE TABLE playerbot"), at_eleven);
  const std::string displaced = one_displaced();
  EXPECT_TRUE(names::is_table_of_ours(displaced)) << displaced;
  EXPECT_NE(server().sql("SHOW CREATE TABLE " + displaced).find("`x`"), std::string::npos);

  server().sql("CALL rollback_playerbot('20240123T100000Z')");
  EXPECT_EQ(server().rows("playerbot").size(), 3U);
  // No id is given again.
  before.replace(before.find("AUTO_INCREMENT=8"), 16, "AUTO_INCREMENT=9");
  EXPECT_EQ(server().sql("SHOW CREATE TABLE playerbot"), before);
}

TEST_F(MysqlProcedures, LeaveWhatTheyDisplaceToSalvageAndToRetention) {
  back_up("20240123T100000Z-4f2a91c");
  server().sql("INSERT INTO playerbot (name) VALUES ('eight')");
  put_in();
  server().sql("CALL rollback_playerbot('20240123')");
  const std::string displaced = one_displaced();
  auto tables = salvageable(place());
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].table, "playerbot");
  EXPECT_EQ(tables[0].name, displaced);
  EXPECT_EQ(tables[0].rows, 4);
  count_missing(place(), tables[0]);
  EXPECT_EQ(tables[0].missing, 1);
  for (const KeptTable& kept : kept_tables(place()).tables) {
    if (kept.operation.empty()) continue;  // a backup
    EXPECT_EQ(kept.name, displaced);
    EXPECT_EQ(kept.operation, tables[0].operation);
    EXPECT_EQ(kept.point, kept.operation);
    EXPECT_TRUE(names::time_of_id(kept.operation));
    remove_kept(place(), kept.point);
  }
  EXPECT_EQ(one_displaced(), "");
  EXPECT_TRUE(salvageable(place()).empty());
}

// A trigger of the registry stands where the call is cut off.
TEST_F(MysqlProcedures, CutOffAnywhereLeaveNoTableThatNobodyKnows) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  std::set<std::string> displaced;
  using Moment = std::pair<std::string, std::string>;
  for (const auto& [moment, condition] :
       {Moment{"INSERT ON git_rollback_operations", "TRUE"},
        Moment{"INSERT ON git_rollback_backups", "NEW.kind = 'displaced'"},
        Moment{"UPDATE ON git_rollback_backups", "TRUE"},
        Moment{"DELETE ON git_rollback_backups", "OLD.state = 'calling'"}}) {
    server().sql(
        "INSERT INTO playerbot (name) VALUES ('more');"
        "CREATE TRIGGER wait BEFORE " +
        moment + " FOR EACH ROW SET @slept = IF(" + condition + ", sleep(60), 0)");
    const std::string before = tables();
    std::atomic<bool> ended = false;
    std::thread call([&] {
      failure("CALL rollback_playerbot('20240123')");
      ended = true;
    });
    std::string id;
    while (id.empty() && !ended) {
      id = server().sql("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'");
    }
    EXPECT_NE(id, "") << "it came to its end: " << moment;
    if (!id.empty()) server().sql("KILL " + id);
    call.join();
    server().sql("DROP TRIGGER wait");
    EXPECT_NE(tables(), before) << "nothing was built: " << moment;
    std::set<std::string> known, there;
    for (const SalvageTable& table : salvageable(place())) known.insert(table.name);
    for (const KeptTable& kept : kept_tables(place()).tables) {
      if (!kept.operation.empty()) there.insert(kept.name);
    }
    displaced = displaced_tables();
    EXPECT_EQ(known, displaced) << moment;
    EXPECT_EQ(there, displaced) << moment;
  }
  EXPECT_FALSE(displaced.empty());
  clean_up_after_calls(place());
  EXPECT_EQ(tables().find("playerbot_in_"), std::string::npos) << tables();
  EXPECT_EQ(displaced_tables(), displaced);
  EXPECT_EQ(server().value("SELECT count(*) FROM git_rollback_backups WHERE kind = 'displaced'"),
            std::to_string(displaced.size()));
  EXPECT_EQ(server().value("SELECT count(*) FROM git_rollback_operations"),
            std::to_string(displaced.size()));
  EXPECT_EQ(server().value("SELECT count(*) FROM git_rollback_backups WHERE state = 'calling'"),
            "0");
}

TEST_F(MysqlProcedures, WithoutTheSwapRegisterNothing) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  server().sql("DELETE FROM git_rollback_operations");
  Session other = open();
  other.run("LOCK TABLES playerbot READ");
  expect_failure("CALL rollback_playerbot('20240123')", "Lock wait timeout");
  EXPECT_EQ(server().value("SELECT count(*) FROM git_rollback_operations"), "0");
  EXPECT_EQ(server().value("SELECT count(*) FROM git_rollback_backups WHERE kind = 'displaced'"),
            "0");
}

TEST_F(MysqlProcedures, GiveNoIdAgain) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  server().sql("INSERT INTO playerbot (name) VALUES ('eight'); DELETE FROM playerbot WHERE id = 8");
  server().sql("CALL rollback_playerbot('20240123')");
  server().sql("INSERT INTO playerbot (name) VALUES ('nine')");
  EXPECT_EQ(server().value("SELECT id FROM playerbot WHERE name = 'nine'"), "9");
}

TEST_F(MysqlProcedures, SayWhichBackupsThereAreWhereThereIsNone) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  const std::string before = tables();
  expect_failure("CALL rollback_playerbot('20240122')",
                 "ERROR 1644 (45000) at line 1: no backup is from '20240122'; the newest are "
                 "20240123T100000Z");
  expect_failure("CALL rollback_playerbot('20240123T09')", "no backup is from");
  expect_failure("CALL rollback_playerbot(NULL)", "write the date of the backup as 20240123");
  for (const std::string wrong : {"", "2024", "last week", "%", "20240123%", "________",
                                  "' OR 1=1 -- ", "20240123'; DROP TAB", "2024012\\n"}) {
    expect_failure("CALL rollback_playerbot(\"" + wrong + "\")", "write the date of the backup");
  }
  EXPECT_EQ(tables(), before);
  server().sql("CREATE TABLE playerbot_new (id INT PRIMARY KEY)");
  put_in();
  expect_failure("CALL rollback_playerbot_new('20240123')", "there is none of this table");
}

TEST_F(MysqlProcedures, RefuseWhatTheyWouldLose) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  server().sql("CREATE TRIGGER t BEFORE INSERT ON playerbot FOR EACH ROW SET @a = 1");
  expect_failure("CALL rollback_playerbot('20240123')",
                 "the table has triggers, which a procedure would lose: use git rollback");
  server().sql(
      "DROP TRIGGER t; CREATE DATABASE other; CREATE TABLE other.child (bot INT,"
      " FOREIGN KEY (bot) REFERENCES world.playerbot (id))");
  expect_failure("CALL rollback_playerbot('20240123')",
                 "the table has foreign keys from or to it, which a procedure would lose");
  server().sql("DROP TABLE other.child");
  EXPECT_EQ(failure("CALL rollback_playerbot('20240123')"), "");
  server().sql("ALTER TABLE playerbot ADD CONSTRAINT named CHECK (name <> '')");
  const std::string checked = server().sql("SHOW CREATE TABLE playerbot");
  back_up("20240124T100000Z-4f2a91c");
  if (testing::MysqlServer::is_mariadb()) {
    EXPECT_EQ(failure("CALL rollback_playerbot('20240124')"), "");
  } else {
    expect_failure("CALL rollback_playerbot('20240124')",
                   "the backup has names of checks, which a procedure would lose");
  }
  EXPECT_EQ(server().sql("SHOW CREATE TABLE playerbot"), checked);
}

TEST_F(MysqlProcedures, RefuseTriggersThatWhoeverCallsMayNotSee) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  server().sql(
      "CREATE TRIGGER t BEFORE INSERT ON playerbot FOR EACH ROW SET @a = 1;"
      "CREATE USER gm@localhost IDENTIFIED BY 'secret';"
      "GRANT SELECT, INSERT, CREATE, DROP, ALTER, EXECUTE ON world.* TO gm@localhost");
  const std::string login = server().option_file("gm", "secret");
  try {
    server().sql("CALL rollback_playerbot('20240123')", login);
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("the table has triggers"), std::string::npos)
        << error.what();
  }
  server().sql("DROP TRIGGER t");
  server().sql("CALL rollback_playerbot('20240123')", login);
  EXPECT_EQ(server().rows("playerbot").size(), 3U);
}

TEST_F(MysqlProcedures, RunWithTheRightsOfWhoeverCalls) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  server().sql(
      "CREATE USER gm@localhost IDENTIFIED BY 'secret';"
      "GRANT SELECT, EXECUTE ON world.* TO gm@localhost");
  const std::string before = tables();
  EXPECT_THROW(
      server().sql("CALL rollback_playerbot('20240123')", server().option_file("gm", "secret")),
      std::runtime_error);
  EXPECT_EQ(tables(), before);
}

TEST_F(MysqlProcedures, BringATableBackThatIsGone) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  server().sql("DROP TABLE playerbot; CALL rollback_playerbot('20240123')");
  EXPECT_EQ(server().rows("playerbot").size(), 3U);
}

TEST_F(MysqlProcedures, LeaveNothingHalfMadeAndGiveBackWhatTheyTook) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  server().sql("UPDATE git_rollback_backups SET `rows` = 99");
  const std::string before = tables();
  expect_failure("CALL rollback_playerbot('20240123')", "the backup has not the rows");
  EXPECT_EQ(tables(), before);
  EXPECT_EQ(server().value("SELECT is_free_lock('git_rollback/world')"), "1");
}

TEST_F(MysqlProcedures, WaitWhereGitRollbackIsAtWork) {
  back_up("20240123T100000Z-4f2a91c");
  put_in();
  Session other = open();
  other.run("SELECT get_lock('git_rollback/world', 0)");
  expect_failure("CALL rollback_playerbot('20240123')", "git rollback is at work");
}

TEST_F(MysqlProcedures, TakeHostileNames) {
  const std::string hostile = "playerbot_`'\"\\;{name}" + std::string(40, 'x');
  Session session = open();
  session.run("CREATE TABLE " + identifier(hostile) + " (`a``,b` INT PRIMARY KEY)");
  session.run("INSERT INTO " + identifier(hostile) + " VALUES (1)");
  back_up("20240123T100000Z-4f2a91c");
  session.run("DELETE FROM " + identifier(hostile));
  put_in();
  server().sql("CALL " + identifier(names::procedure(hostile)) + "('20240123')");
  EXPECT_EQ(session.number("SELECT count(*) FROM " + identifier(hostile)), 1);
}

TEST_F(MysqlProcedures, ReplaceTheirOwnAndNoOthers) {
  put_in();
  put_in();
  server().sql(
      "DROP PROCEDURE rollback_playerbot;"
      "CREATE PROCEDURE rollback_playerbot() COMMENT 'mine' SELECT 1");
  try {
    put_in();
    ADD_FAILURE();
  } catch (const Refused& error) {
    EXPECT_STREQ(error.what(),
                 "procedure 'rollback_playerbot' of database 'world' is not made by git rollback");
  }
  EXPECT_EQ(server().sql("CALL rollback_playerbot()"), "1\n");
}

TEST_F(MysqlProcedures, NameTheGrantThatIsMissing) {
  server().sql(
      "CREATE USER gm@localhost IDENTIFIED BY 'secret'; GRANT SELECT ON world.* TO gm@localhost");
  Endpoint user = endpoint();
  user.user = "gm";
  user.password = "secret";
  Session session(user);
  try {
    install(place(), session, make_procedures(place(), session));
    ADD_FAILURE();
  } catch (const Refused& error) {
    ASSERT_EQ(error.hints().size(), 1U);
    EXPECT_EQ(error.hints()[0],
              "GRANT CREATE ROUTINE, ALTER ROUTINE, EXECUTE ON `world`.* TO `gm`@`localhost`");
  }
}

}  // namespace
}  // namespace rollback::mysql
