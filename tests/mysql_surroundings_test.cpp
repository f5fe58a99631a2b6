// What stands around the tables of a component, and belongs to nobody who rolls
// back: views, routines, events, sequences, grants, triggers, foreign keys. It is
// as before, as SHOW CREATE has it and as it behaves.
#include <regex>
#include <thread>

#include "mysql_part_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlSurroundings : public MysqlPartTest {
 protected:
  static bool has_sequences() { return testing::MysqlServer::is_mariadb(); }

  void tables() {
    run("CREATE TABLE realm(id INT PRIMARY KEY); INSERT INTO realm VALUES (1), (2);"
        "CREATE TABLE pulse(id INT AUTO_INCREMENT PRIMARY KEY, bots INT);"
        "CREATE TABLE audit(id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40));"
        "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL,"
        " level INT DEFAULT 1, leader INT, realm INT DEFAULT 1, CONSTRAINT led FOREIGN KEY"
        " (leader) REFERENCES playerbot(id) ON DELETE SET NULL, CONSTRAINT `on``realm` FOREIGN"
        " KEY (realm) REFERENCES realm(id) ON UPDATE CASCADE);"
        "CREATE TABLE playerbot_item(id INT PRIMARY KEY, bot INT NOT NULL, CONSTRAINT owned"
        " FOREIGN KEY (bot) REFERENCES playerbot(id) ON DELETE CASCADE);"
        "CREATE TABLE mail(id INT PRIMARY KEY, bot INT, CONSTRAINT sent FOREIGN KEY (bot)"
        " REFERENCES playerbot(id) ON DELETE CASCADE);"
        "CREATE TABLE updates(name VARCHAR(50) PRIMARY KEY); INSERT INTO updates VALUES ('1');"
        "INSERT INTO playerbot(name, leader) VALUES ('ann', NULL), ('bob', 1), ('cid', 1);"
        "INSERT INTO playerbot_item VALUES (1, 1), (2, 2); INSERT INTO mail VALUES (1, 1), (2, 2)");
  }

  void surroundings() {
    run("CREATE TRIGGER `greet` AFTER INSERT ON `playerbot` FOR EACH ROW INSERT INTO audit(what)"
        " VALUES (concat('then ', NEW.name));"
        "CREATE TRIGGER on_mail BEFORE INSERT ON mail FOR EACH ROW SET NEW.bot = NEW.bot + 1;"
        "CREATE VIEW high AS SELECT id, name, level FROM playerbot WHERE level > 1;"
        "CREATE SQL SECURITY INVOKER VIEW high_items AS SELECT high.name, i.id FROM high JOIN"
        " playerbot_item i ON i.bot = high.id;"
        "CREATE FUNCTION bots() RETURNS INT READS SQL DATA RETURN (SELECT count(*) FROM"
        " playerbot);"
        "CREATE PROCEDURE promote(IN who INT) UPDATE playerbot SET level = level + 1 WHERE id ="
        " who;"
        "CREATE EVENT beat ON SCHEDULE EVERY 1 SECOND COMMENT 'a ''beat''' DO INSERT INTO"
        " pulse(bots) SELECT count(*) FROM playerbot;"
        "CREATE EVENT asleep ON SCHEDULE EVERY 1 SECOND DISABLE DO DELETE FROM playerbot");
    if (has_sequences()) {
      run("CREATE SEQUENCE ids START WITH 100 CACHE 10; CREATE SEQUENCE playerbot_ids; "
          "CREATE TABLE playerbot_numbered(id BIGINT DEFAULT nextval(playerbot_ids) PRIMARY KEY,"
          " a INT); INSERT INTO playerbot_numbered(a) VALUES (1)");
    }
  }

  void grants() {
    run("CREATE USER of_table@localhost, of_column@localhost, of_routine@localhost,"
        " of_view@localhost;"
        "GRANT SELECT, DELETE ON world.playerbot TO of_table@localhost WITH GRANT OPTION;"
        "GRANT SELECT(id, name), UPDATE(name) ON world.playerbot TO of_column@localhost;"
        "GRANT EXECUTE ON PROCEDURE world.promote TO of_routine@localhost;"
        "GRANT EXECUTE ON FUNCTION world.bots TO of_routine@localhost;"
        "GRANT SELECT ON world.high TO of_view@localhost");
  }

  void migrate() {
    run("ALTER TABLE playerbot ADD COLUMN guild INT NOT NULL DEFAULT 0, DROP FOREIGN KEY led;"
        "ALTER TABLE playerbot ADD CONSTRAINT follows FOREIGN KEY (leader) REFERENCES"
        " playerbot(id); ALTER TABLE playerbot_item DROP FOREIGN KEY owned, ADD COLUMN n INT;"
        "DROP TRIGGER greet; CREATE TRIGGER `greet` BEFORE INSERT ON `playerbot` FOR EACH ROW "
        "INSERT"
        " INTO audit(what) VALUES (concat('now ', NEW.name)); INSERT INTO updates VALUES ('2')");
  }

  void begin() {
    run("SET GLOBAL log_bin_trust_function_creators = 1");
    tables();
    surroundings();
    grants();
    then_ = structure();
    around_ = around();
    point_ = capture();
    migrate();
    now_ = structure();
    ASSERT_NE(now_, then_);
    run("INSERT INTO playerbot(name, level, leader) VALUES ('dan', 7, 2)");
    run("SET GLOBAL event_scheduler = ON");
  }

  // Of the tables: all but rows and counters.
  std::string structure() {
    Session session = open();
    std::string text;
    for (const Listed& listed : list_tables(session)) {
      if (listed.type != "table" || names::is_table_of_ours(listed.name)) continue;
      text += server().sql("SHOW CREATE TABLE " + identifier(listed.name));
    }
    for (const Row& row : session.rows("SELECT trigger_name FROM information_schema.triggers WHERE"
                                       " trigger_schema = 'world' ORDER BY 1")) {
      if (names::is_table_of_ours(*row[0])) continue;
      const std::string shown = server().sql("SHOW CREATE TRIGGER " + identifier(*row[0]));
      text += shown.substr(0, shown.rfind('\t')) + "\n";  // without its time
    }
    return std::regex_replace(text, std::regex(" AUTO_INCREMENT=\\d+"), "");
  }

  std::string around() {
    std::string statements =
        "SHOW CREATE VIEW high; SHOW CREATE VIEW high_items; SHOW CREATE FUNCTION bots;"
        "SHOW CREATE PROCEDURE promote; SHOW CREATE EVENT beat; SHOW CREATE EVENT asleep;"
        "SELECT event_name, status, definer, created, last_altered FROM information_schema.events"
        " WHERE event_schema = 'world' ORDER BY 1;"
        "SELECT routine_name, created, last_altered, definer FROM information_schema.routines"
        " WHERE routine_schema = 'world' ORDER BY 1;"
        "SHOW GRANTS FOR of_table@localhost; SHOW GRANTS FOR of_column@localhost;"
        "SHOW GRANTS FOR of_routine@localhost; SHOW GRANTS FOR of_view@localhost;";
    if (has_sequences())
      statements += "SHOW CREATE SEQUENCE ids;SHOW CREATE SEQUENCE playerbot_ids";
    return server().sql(statements);
  }

  std::string as(const std::string& user, const std::string& statements) {
    return server().sql(statements, server().option_file(user, ""));
  }
  bool fails(const std::function<void()>& work) {
    try {
      work();
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }

  void expect_as_around(const std::string& structure_of_then) {
    EXPECT_EQ(structure(), structure_of_then);
    EXPECT_EQ(around(), around_);
  }

  // `ids`: of all bots that are live, in order. Takes back what it changes.
  void expect_views_and_routines_at_work(const std::string& ids) {
    EXPECT_EQ(value("SELECT group_concat(id ORDER BY id) FROM playerbot"), ids);
    run("CALL promote(1); CALL promote(1)");
    EXPECT_EQ(value("SELECT level FROM high WHERE id = 1"), "3");
    EXPECT_EQ(server().sql("SELECT * FROM high_items"), "ann\t1\n");
    run("UPDATE high SET level = 1 WHERE id = 1");
    EXPECT_EQ(value("SELECT level FROM playerbot WHERE id = 1"), "1");
    EXPECT_EQ(value("SELECT bots()"), value("SELECT count(*) FROM playerbot"));
    EXPECT_EQ(value("SELECT count(*) FROM high"),
              value("SELECT count(*) FROM playerbot WHERE level > 1"));
  }

  void expect_grants_at_work() {
    const std::string names = server().sql("SELECT name FROM playerbot ORDER BY id");
    EXPECT_EQ(as("of_table", "SELECT name FROM playerbot ORDER BY id"), names);
    EXPECT_TRUE(fails([&] { as("of_table", "UPDATE playerbot SET level = 5"); }));
    EXPECT_EQ(as("of_column", "SELECT name FROM playerbot ORDER BY id"), names);
    as("of_column", "UPDATE playerbot SET name = name WHERE id = 1");
    EXPECT_TRUE(fails([&] { as("of_column", "SELECT level FROM playerbot"); }));
    EXPECT_EQ(as("of_routine", "SELECT bots()"), value("SELECT count(*) FROM playerbot") + "\n");
    as("of_routine", "CALL promote(99)");
    EXPECT_TRUE(fails([&] { as("of_routine", "SELECT * FROM playerbot"); }));
    EXPECT_EQ(as("of_view", "SELECT count(*) FROM high"),
              value("SELECT count(*) FROM high") + "\n");
    EXPECT_TRUE(fails([&] { as("of_view", "SELECT * FROM playerbot"); }));
  }

  void expect_events_at_work() {
    const auto beats = [&] { return std::stoi(value("SELECT coalesce(max(id), 0) FROM pulse")); };
    const int before = beats();
    for (int i = 0; i < 50 && beats() <= before; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_GT(beats(), before);
    EXPECT_EQ(value("SELECT bots FROM pulse ORDER BY id DESC LIMIT 1"),
              value("SELECT count(*) FROM playerbot"));
  }

  void expect_triggers_and_keys_at_work(const std::string& word, bool cascades) {
    run("DELETE FROM audit; INSERT INTO playerbot(id, name, leader) VALUES (50, 'fay', 3);"
        "INSERT INTO mail VALUES (50, 49)");
    EXPECT_EQ(value("SELECT what FROM audit"), word + " fay");
    EXPECT_EQ(value("SELECT bot FROM mail WHERE id = 50"), "50");
    EXPECT_TRUE(fails([&] { run("INSERT INTO playerbot(name, leader) VALUES ('x', 99)"); }));
    EXPECT_TRUE(fails([&] { run("INSERT INTO playerbot(name, realm) VALUES ('x', 9)"); }));
    EXPECT_TRUE(fails([&] { run("INSERT INTO mail VALUES (60, 98)"); }));
    EXPECT_EQ(fails([&] { run("INSERT INTO playerbot_item(id, bot) VALUES (60, 99)"); }), cascades);
    run("UPDATE realm SET id = 7 WHERE id = 1");
    EXPECT_EQ(value("SELECT realm FROM playerbot WHERE id = 50"), "7");
    run("UPDATE realm SET id = 1 WHERE id = 7; DELETE FROM playerbot WHERE id = 50;"
        "DELETE FROM playerbot_item WHERE id = 60");
    EXPECT_EQ(value("SELECT count(*) FROM mail WHERE id = 50"), "0");
  }

  // Where none of them is in the way of a sequence's table.
  void expect_sequences_go_on() {
    if (!has_sequences()) return;
    next_ = value("SELECT nextval(ids)");
    EXPECT_EQ(next_, std::to_string(expected_id_++));
    run("INSERT INTO playerbot_numbered(a) VALUES (2)");
    EXPECT_EQ(value("SELECT max(id) FROM playerbot_numbered"), std::to_string(++numbered_));
  }

  void expect_all_at_work(const std::string& ids, const std::string& word, bool cascades) {
    expect_views_and_routines_at_work(ids);
    expect_grants_at_work();
    expect_events_at_work();
    expect_triggers_and_keys_at_work(word, cascades);
    expect_sequences_go_on();
  }

  Point point_;
  std::string then_, now_, around_, next_;
  int expected_id_ = 100;
  int numbered_ = 1;
};

TEST_F(MysqlSurroundings, AreAsBeforeWhenThePointsRowsComeBackAndAfterUndo) {
  begin();
  expect_all_at_work("1,2,3,4", "now", false);
  const Point left = go_back(to(point_, Rows::restore, 100));
  expect_as_around(then_);
  expect_all_at_work("1,2,3", "then", true);
  next_operation();
  go_back(to(left, Rows::restore, 100));
  expect_as_around(now_);
  expect_all_at_work("1,2,3,4", "now", false);
}

TEST_F(MysqlSurroundings, AreAsBeforeWhenTheSwapIsTakenBack) {
  begin();
  const std::string prepared = part()->prepare(to(point_, Rows::keep_all, 100));
  swap(prepared);
  expect_as_around(then_);
  revert(prepared);
  part()->discard(operation_);
  expect_as_around(now_);
  expect_all_at_work("1,2,3,4", "now", false);
}

TEST_F(MysqlSurroundings, AreAsBeforeWhenTodaysRowsStayAndAfterUndo) {
  begin();
  const Point left = go_back(to(point_, Rows::keep_all, 100));
  expect_as_around(then_);
  expect_all_at_work("1,2,3,4", "then", true);
  next_operation();
  go_back(to(left, Rows::keep_all, 100));
  expect_as_around(now_);
  expect_all_at_work("1,2,3,4", "now", false);
}

}  // namespace
}  // namespace rollback::mysql
