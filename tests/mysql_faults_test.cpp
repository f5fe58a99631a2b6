// The server is killed, or all connections are cut, where a backup or a rollback
// is at a fail point; then it goes on from there, or back. A sample of the fail
// points; with GIT_ROLLBACK_ALL_FAULTS=1 in the environment each of them.
#include <cstdlib>

#include "mysql_part_fixture.h"
#include "os/fail_point.h"

namespace rollback::mysql {
namespace {

enum class Fault { server_killed, connections_cut };

class MysqlFaults : public MysqlPartTest {
 protected:
  void TearDown() override { at_fail_points({}); }

  static bool all() { return std::getenv("GIT_ROLLBACK_ALL_FAULTS") != nullptr; }

  // A world at its point, and then migrated and written to.
  void begin() {
    server().sql(
        "DROP DATABASE world; CREATE DATABASE world; USE world;"
        "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), KEY(name));"
        "CREATE TABLE playerbot_item(id INT PRIMARY KEY, bot INT, FOREIGN KEY (bot) REFERENCES"
        " playerbot(id)); CREATE TABLE mail(id INT PRIMARY KEY, bot INT, FOREIGN KEY (bot)"
        " REFERENCES playerbot(id)); CREATE TABLE audit(n INT AUTO_INCREMENT PRIMARY KEY,"
        " what VARCHAR(20)); CREATE TABLE updates(name VARCHAR(20) PRIMARY KEY);"
        "CREATE TRIGGER `then` AFTER INSERT ON playerbot FOR EACH ROW INSERT INTO audit(what)"
        " VALUES ('then'); INSERT INTO playerbot VALUES (1, 'ann'), (2, 'bob');"
        "INSERT INTO playerbot_item VALUES (1, 1), (2, 2); INSERT INTO mail VALUES (1, 1)");
    then_ = structure();
  }
  void migrate() {
    run("ALTER TABLE playerbot ADD COLUMN level INT DEFAULT 7; DROP TRIGGER `then`;"
        "ALTER TABLE playerbot_item ADD COLUMN n INT; INSERT INTO updates VALUES ('2');"
        "INSERT INTO playerbot(name) VALUES ('cid'); UPDATE playerbot SET name='bea' WHERE id=2");
    now_ = structure();
  }
  void prepare() {
    point_ = capture();
    migrate();
    prepared_ = part()->prepare(to(point_, Rows::keep_all, 100));
    run("INSERT INTO playerbot(name) VALUES ('dan')");
  }
  void apply() {
    for (const auto& step : part()->steps(prepared_).swap) {
      step->get_ready();
      step->apply();
    }
  }
  void take_back() {
    for (const auto& step : part()->steps(prepared_).swap) step->revert();
  }
  void end() {
    PointDraft left;
    left.point.id = left_;
    left.point.parts["bots"].insert(Kind::database);
    part()->leave(prepared_, left);
    part()->settle(prepared_);
  }

  std::string structure() {
    std::string text;
    for (const char* const table : {"playerbot", "playerbot_item", "mail", "updates"}) {
      const std::string shown = server().sql("SHOW CREATE TABLE " + std::string(table));
      text += shown.substr(0, shown.find("ENGINE="));
    }
    return text + server().sql(
                      "SELECT trigger_name, event_object_table, action_statement FROM"
                      " information_schema.triggers WHERE trigger_schema = 'world' AND"
                      " event_object_table NOT LIKE '%\\_2026%' AND trigger_name NOT LIKE"
                      " 'git\\_rollback%'");
  }
  std::string rows() {
    return value("SELECT group_concat(id, name ORDER BY id) FROM playerbot") + ";" +
           value("SELECT group_concat(id, bot ORDER BY id) FROM playerbot_item") + ";" +
           value("SELECT count(*) FROM mail");
  }
  const std::string four_ = "1ann,2bea,3cid,4dan;11,22;1";

  void expect_there() {
    for (const auto& step : part()->steps(prepared_).swap) {
      EXPECT_EQ(step->observe().what, Observation::after) << step->observe().detail;
    }
    EXPECT_EQ(structure(), then_);
    EXPECT_EQ(rows(), four_);
    EXPECT_EQ(value("SELECT count(*) FROM updates"), "0");
  }
  void expect_back() {
    for (const auto& step : part()->steps(prepared_).swap) {
      EXPECT_EQ(step->observe().what, Observation::before) << step->observe().detail;
    }
    EXPECT_EQ(structure(), now_);
    EXPECT_EQ(rows(), four_);
    EXPECT_EQ(value("SELECT count(*) FROM updates"), "1");
  }
  void expect_nothing_of_ours(const std::string& what) {
    EXPECT_EQ(count_of_ours("%\\_in\\_2%"), "0") << what;
    EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0") << what;
    EXPECT_EQ(count_of_ours("%\\_held%"), "0") << what;
  }

  void strike(Fault fault) {
    if (fault == Fault::server_killed) return server().kill9();
    Endpoint other = endpoint();
    other.database.clear();
    Session session(other);
    for (const Row& row : session.rows("SELECT id FROM information_schema.processlist WHERE user ="
                                       " 'root' AND id <> connection_id()")) {
      try {
        session.run("KILL " + *row[0]);
      } catch (const ServerError&) {  // it has just ended
      }
    }
  }

  // `work` meets the fault once at each fail point that it passes; then `after` must
  // find nothing wrong. Every so often only, but for all().
  void at_each_point(const std::function<void()>& before, const std::function<void()>& work,
                     const std::function<void()>& after, size_t every) {
    std::vector<std::string> points;
    before();
    at_fail_points([&](std::string_view name) { points.emplace_back(name); });
    work();
    at_fail_points({});
    ASSERT_GT(points.size(), 1U);
    size_t number = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      for (const Fault fault : {Fault::server_killed, Fault::connections_cut}) {
        if (!all() && number++ % every != every / 2) continue;
        SCOPED_TRACE(std::to_string(i) + " " + points[i] +
                     (fault == Fault::server_killed ? ", server killed" : ", connections cut"));
        before();
        meet(i, fault, work);
        server().start();  // if it was killed
        after();
        if (HasFailure()) return;
      }
    }
  }
  void meet(size_t point, Fault fault, const std::function<void()>& work) {
    size_t passed = 0;
    at_fail_points([&](std::string_view) {
      if (passed++ == point) strike(fault);
    });
    try {
      work();
    } catch (const Error&) {  // what a user sees; anything else fails the test
    }
    at_fail_points({});
  }

  Point point_;
  std::string prepared_, then_, now_;
};

TEST_F(MysqlFaults, InABackupLeaveNothingToTheNextOne) {
  at_each_point([&] { begin(); }, [&] { capture(); },
                [&] {
                  point_ = capture("20261123T110000Z-4f2a91c");
                  EXPECT_EQ(structure(), then_);
                  EXPECT_TRUE(part()->verify(point_).empty());
                  part()->remove_kept(point_.id);
                  part()->remove_kept("20261123T100000Z-4f2a91c");  // if it was done
                  EXPECT_EQ(count_of_ours("%\\_backup\\_2%"), "0");
                },
                5);
}

TEST_F(MysqlFaults, InPreparationsAreCleanedUp) {
  at_each_point(
      [&] {
        begin();
        point_ = capture();
        migrate();
      },
      [&] { prepared_ = part()->prepare(to(point_, Rows::keep_all, 100)); },
      [&] {
        part()->discard(operation_);
        EXPECT_EQ(structure(), now_);
        expect_nothing_of_ours("after discard");
        prepared_ = part()->prepare(to(point_, Rows::keep_all, 100));
        run("INSERT INTO playerbot(name) VALUES ('dan')");
        apply();
        expect_there();
      },
      5);
}

TEST_F(MysqlFaults, InADiscardAreCleanedUp) {
  at_each_point(
      [&] {
        begin();
        prepare();
      },
      [&] { part()->discard(operation_); },
      [&] {
        part()->discard(operation_);
        EXPECT_EQ(structure(), now_);
        EXPECT_EQ(rows(), four_);
        expect_nothing_of_ours("after discard");
      },
      3);
}

TEST_F(MysqlFaults, InASwapAreGoneOnFrom) {
  at_each_point(
      [&] {
        begin();
        prepare();
      },
      [&] { apply(); },
      [&] {
        apply();
        expect_there();
        end();
        expect_nothing_of_ours("after the end");
      },
      9);
}

TEST_F(MysqlFaults, InASwapAreTakenBackFrom) {
  at_each_point(
      [&] {
        begin();
        prepare();
      },
      [&] { apply(); },
      [&] {
        take_back();
        expect_back();
        part()->discard(operation_);
        expect_nothing_of_ours("after discard");
      },
      8);
}

TEST_F(MysqlFaults, InARevertAreGoneOnFrom) {
  at_each_point(
      [&] {
        begin();
        prepare();
        apply();
      },
      [&] { take_back(); },
      [&] {
        take_back();
        expect_back();
        part()->discard(operation_);
        expect_nothing_of_ours("after discard");
      },
      9);
}

TEST_F(MysqlFaults, InARevertCanEndInTheSwapAfterAll) {
  at_each_point(
      [&] {
        begin();
        prepare();
        apply();
      },
      [&] { take_back(); },
      [&] {
        apply();
        expect_there();
      },
      8);
}

TEST_F(MysqlFaults, InTheEndOfARollbackAreGoneOnFrom) {
  at_each_point(
      [&] {
        begin();
        prepare();
        apply();
      },
      [&] { end(); },
      [&] {
        end();
        expect_there();
        expect_nothing_of_ours("after the end");
      },
      4);
}

}  // namespace
}  // namespace rollback::mysql
