// One component with two databases of one server, whose tables change places in one
// moment.
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "mysql_child.h"
#include "mysql_part_fixture.h"
#include "part/database/mysql/swap/swap.h"

namespace rollback::mysql {
namespace {

class MysqlSeveral : public MysqlPartTest {
 protected:
  void SetUp() override {
    if (!is_child()) MysqlPartTest::SetUp();
  }

  // `playerbot` in both; its column `version` says which structure is live.
  void make_databases() {
    run("DROP DATABASE IF EXISTS chars; CREATE DATABASE chars; DROP DATABASE world;"
        "CREATE DATABASE world; USE world");
    for (const char* const schema : {"world", "chars"}) {
      run("CREATE TABLE " + std::string(schema) +
          ".playerbot(id INT PRIMARY KEY AUTO_INCREMENT, gold INT, version INT DEFAULT 1);"
          "INSERT INTO " +
          schema + ".playerbot(gold) VALUES (100), (200), (300)");
    }
  }
  void migrate() {
    for (const char* const schema : {"world", "chars"}) {
      run("ALTER TABLE " + std::string(schema) +
          ".playerbot ADD COLUMN guild INT, ADD KEY(guild), ALTER COLUMN version SET DEFAULT 2;"
          "UPDATE " +
          schema + ".playerbot SET version = 2");
    }
  }

  std::vector<DatabaseSettings> both() {
    DatabaseSettings other = settings_;
    other.url = "mysql:///chars?socket=" + server().socket();
    DatabaseSettings one = settings_;
    one.take_over = other.take_over = take_over_;
    return {one, other};
  }
  std::unique_ptr<Part> part() override {
    return make_database_part("bots", both(), server().folder(), Git());
  }
  Point capture_both() {
    PointDraft draft;
    draft.point.id = "20261123T100000Z-4f2a91c";
    draft.point.parts["bots"].insert(Kind::database);
    part()->capture(draft);
    return draft.point;
  }
  // The one of both databases.
  std::unique_ptr<Step> step(const std::string& prepared) {
    auto steps = part()->steps(prepared).swap;
    EXPECT_EQ(steps.size(), 1U);
    return std::move(steps.at(0));
  }
  static std::string refusal(Step& step) {
    try {
      step.apply();
    } catch (const Refused& refused) {
      return refused.what();
    }
    return "it was not refused";
  }
  std::string columns(const std::string& schema) {
    return value(
        "SELECT group_concat(column_name ORDER BY ordinal_position) FROM"
        " information_schema.columns WHERE table_schema = '" +
        schema + "' AND table_name = 'playerbot'");
  }
  std::string rows(const std::string& schema) {
    return value("SELECT group_concat(id, ':', gold ORDER BY id SEPARATOR ' ') FROM " + schema +
                 ".playerbot");
  }
  void expect_columns(const std::string& expected) {
    for (const char* const schema : {"world", "chars"}) EXPECT_EQ(columns(schema), expected);
  }
  // Statements in the general log.
  std::string renames() {
    return value(
        "SELECT count(*) FROM mysql.general_log WHERE argument LIKE"
        " 'RENAME TABLE%`world`.`playerbot`%`chars`.`playerbot`%'"
        " AND command_type = 'Query'");
  }

  std::string take_over_;
  static constexpr const char* keys_of_child =
      "SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema ="
      " 'chars' AND constraint_name = 'of_bot'";
  static constexpr const char* third_key =
      "SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema ="
      " 'third' AND constraint_name = 'of_bot'";
  static constexpr const char* at_point = "id,gold,version";
  static constexpr const char* since = "id,gold,version,guild";
};

TEST_F(MysqlSeveral, ChangePlacesInOneStatementThereAndBack) {
  make_databases();
  const Point point = capture_both();
  migrate();
  run("INSERT INTO world.playerbot(gold) VALUES (400); UPDATE chars.playerbot SET gold = 7"
      " WHERE id = 2; SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1");
  const std::string prepared = part()->prepare(to(point, Rows::keep_all));
  const auto swap = step(prepared);
  EXPECT_EQ(swap->name(), "databases world, chars");
  swap->get_ready();
  EXPECT_EQ(swap->observe().what, Observation::before);
  swap->apply();
  EXPECT_EQ(swap->observe().what, Observation::after);
  expect_columns(at_point);
  EXPECT_EQ(renames(), "1");
  EXPECT_EQ(rows("world"), "1:100 2:200 3:300 4:400");
  EXPECT_EQ(rows("chars"), "1:100 2:7 3:300");

  run("INSERT INTO chars.playerbot(gold) VALUES (800)");
  swap->revert();
  EXPECT_EQ(swap->observe().what, Observation::before);
  expect_columns(since);
  EXPECT_EQ(rows("chars"), "1:100 2:7 3:300 4:800");
  swap->apply();
  expect_columns(at_point);
  EXPECT_EQ(rows("chars"), "1:100 2:7 3:300 4:800");
  finish(prepared);
  expect_columns(at_point);
}

// Each looks at both, all the time.
TEST_F(MysqlSeveral, AreNeverSeenHalfWay) {
  make_databases();
  const Point point = capture_both();
  migrate();
  std::atomic<bool> done{false};
  std::atomic<int> seen{0}, halves{0}, failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      Session session = open();
      while (!done) {
        try {
          const auto default_of = [](const std::string& schema) {
            return "(SELECT count(*) FROM " + schema + ".playerbot WHERE version = 1)";
          };
          const auto counted =
              session.rows("SELECT " + default_of("world") + ", " + default_of("chars"));
          if (counted[0][0] != counted[0][1]) ++halves;
          ++seen;
        } catch (const ServerError&) {
          ++failed;
        }
      }
    });
  }
  const std::string prepared = part()->prepare(to(point, Rows::restore, 100));
  const auto swap = step(prepared);
  try {
    for (int round = 0; round < 10; ++round) {
      swap->apply();
      swap->revert();
    }
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  done = true;
  for (auto& thread : threads) thread.join();
  EXPECT_GT(seen, 0);
  EXPECT_EQ(halves, 0);
  EXPECT_EQ(failed, 0);
}

TEST_F(MysqlSeveral, WhatIsForeignInOneStopsBoth) {
  make_databases();
  const Point point = capture_both();
  migrate();
  const std::string prepared = part()->prepare(to(point, Rows::keep_all));
  run("ALTER TABLE chars.playerbot ADD COLUMN race INT");
  const auto swap = step(prepared);
  EXPECT_TRUE(refusal(*swap).starts_with(
      "database 'chars' was changed by somebody else: table 'playerbot' has another definition: it"
      " has `race` int"));
  EXPECT_EQ(columns("world"), since);
}

TEST_F(MysqlSeveral, ALockOnOneIsWaitedForAndNamed) {
  make_databases();
  const Point point = capture_both();
  migrate();
  const std::string prepared = part()->prepare(to(point, Rows::keep_all));
  Session holder = open();
  holder.run("START TRANSACTION");
  holder.run("SELECT count(*) FROM chars.playerbot");
  const auto swap = step(prepared);
  EXPECT_EQ(refusal(*swap),
            "one of the tables 'world.playerbot', 'chars.playerbot' is held by somebody else"
            " for more than 10 s");
  EXPECT_EQ(swap->observe().what, Observation::before);
  holder.run("COMMIT");
  swap->apply();
  EXPECT_EQ(swap->observe().what, Observation::after);
}

// The one refers to the other, by a column that the point does not have.
TEST_F(MysqlSeveral, AKeyFromOneToTheOtherGoesAndComesWithItsTable) {
  for (const bool at_the_point : {false, true}) {
    SCOPED_TRACE(at_the_point);
    make_databases();
    const std::string add =
        "ALTER TABLE chars.playerbot ADD COLUMN bot INT, ADD CONSTRAINT of_bot FOREIGN KEY (bot)"
        " REFERENCES world.playerbot(id); UPDATE chars.playerbot SET bot = 2 WHERE id = 1";
    const std::string drop = "ALTER TABLE chars.playerbot DROP FOREIGN KEY of_bot, DROP COLUMN bot";
    if (at_the_point) run(add);
    const Point point = capture_both();
    migrate();
    run(at_the_point ? drop : add);
    const std::string keys =
        "SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema ="
        " 'chars' AND constraint_name = 'of_bot' AND referenced_table_name = 'playerbot'";
    const std::string prepared = part()->prepare(to(point, Rows::restore, 100));
    const auto swap = step(prepared);
    swap->apply();
    EXPECT_EQ(swap->observe().what, Observation::after) << swap->observe().detail;
    EXPECT_EQ(value(keys), at_the_point ? "1" : "0");
    swap->revert();
    EXPECT_EQ(swap->observe().what, Observation::before) << swap->observe().detail;
    EXPECT_EQ(value(keys), at_the_point ? "0" : "1");
    part()->discard(operation_);
  }
}

// One that cannot be put on again at once is, on the way back.
TEST_F(MysqlSeveral, AKeyOfAThirdDatabaseIsThereAgainAfterASwapThatCouldNotBe) {
  make_databases();
  run("DROP DATABASE IF EXISTS third; CREATE DATABASE third; CREATE TABLE third.child(bot INT,"
      " CONSTRAINT of_bot FOREIGN KEY (bot) REFERENCES chars.playerbot(id))");
  const Point point = capture_both();
  migrate();
  const std::string prepared = part()->prepare(to(point, Rows::keep_all));
  const auto swap = step(prepared);
  swap->get_ready();
  Session holder = open();
  holder.run("START TRANSACTION");
  holder.run("SELECT count(*) FROM world.playerbot");
  std::thread reader([&] {  // from when the key is off
    while (value(third_key) == "1") std::this_thread::sleep_for(std::chrono::milliseconds(5));
    holder.run("SELECT count(*) FROM third.child");
  });
  EXPECT_THROW(swap->apply(), Refused);
  reader.join();
  EXPECT_EQ(swap->observe().what, Observation::between);
  holder.run("COMMIT");
  swap->revert();
  EXPECT_EQ(swap->observe().what, Observation::before) << swap->observe().detail;
  EXPECT_EQ(value(third_key), "1");
  run("DROP DATABASE third");
}

TEST_F(MysqlSeveral, AreTakenBackWithTablesThatWereChangedInPlace) {
  make_databases();
  run("CREATE TABLE world.playerbot_plain(id INT PRIMARY KEY)");
  const Point point = capture_both();
  migrate();
  run("ALTER TABLE world.playerbot_plain ADD COLUMN extra INT DEFAULT 5");
  const std::string prepared = part()->prepare(to(point, Rows::keep_all));
  const auto steps = part()->steps(prepared).swap;
  ASSERT_EQ(steps.size(), 2U);  // what is altered comes last
  for (const auto& one : steps) one->apply();
  for (size_t i = steps.size(); i-- > 0;) steps[i]->revert();
  for (const auto& one : steps) EXPECT_EQ(one->observe().what, Observation::before);
  expect_columns(since);
}

// In the child: the plans of both.
std::unique_ptr<Step> step_of_child() {
  std::vector<Side> sides;
  const auto both = nlohmann::json::parse(text_of_child()).at("databases");
  for (const auto& one : both) {
    Endpoint endpoint;
    endpoint.socket = getenv("MYSQL_CHILD_SOCKET");
    endpoint.user = "root";
    endpoint.database = one.at("schema");
    sides.emplace_back(Place{endpoint.database, "bots", {}, [endpoint] { return endpoint; }},
                       plan_from(one.at("plan")));
  }
  return make_swap(std::move(sides));
}

TEST_F(MysqlSeveral, ChildGoes) {
  if (is_child()) step_of_child()->apply();
}

TEST_F(MysqlSeveral, ChildGoesBack) {
  if (is_child()) step_of_child()->revert();
}

class MysqlSeveralForeign : public MysqlSeveral {
 protected:
  std::string start_again(bool swapped) {
    make_databases();
    run("CREATE TABLE chars.child(bot INT, CONSTRAINT of_bot FOREIGN KEY (bot) REFERENCES"
        " playerbot(id))");
    const Point point = capture_both();
    migrate();
    const std::string prepared = part()->prepare(to(point, Rows::keep_all));
    if (swapped) swap_all(prepared, true);
    run("INSERT INTO world.playerbot(gold) VALUES (400); INSERT INTO chars.playerbot(gold) VALUES"
        " (400)");
    return prepared;
  }
  void swap_all(const std::string& prepared, bool there) {
    const auto swap = step(prepared);
    there ? swap->apply() : swap->revert();
    EXPECT_EQ(swap->observe().what, there ? Observation::after : Observation::before)
        << swap->observe().detail;
  }
};

class MysqlSeveralKilled : public MysqlSeveralForeign,
                           public ::testing::WithParamInterface<bool> {};

// Whichever way it was on, it ends on either side, with all rows.
TEST_P(MysqlSeveralKilled, GoOnOrBackTogether) {
  const bool swapped = GetParam();
  const std::string child = std::string("MysqlSeveral.Child") + (swapped ? "GoesBack" : "Goes");
  ASSERT_EQ(run_child(server(), child, start_again(swapped), "").status, 0);
  const auto points = passed_fail_points(server());
  EXPECT_GT(points.size(), 15U);
  for (size_t i = 0; i < points.size(); ++i) {
    SCOPED_TRACE(points[i]);
    const std::string prepared = start_again(swapped);
    EXPECT_NE(run_child(server(), child, prepared, points[i]).status, 0);
    if (i % 3 == 2) {
      server().kill9();
      server().start();
    }
    const bool there = i % 2 == 0;
    swap_all(prepared, there);
    expect_columns(there ? at_point : since);
    for (const char* const schema : {"world", "chars"}) {
      EXPECT_EQ(rows(schema), "1:100 2:200 3:300 4:400");
    }
  }
}

// What somebody did to a table of one does not keep the other from going back.
TEST_F(MysqlSeveralForeign, GoesBackWhereTheOtherIsForeignAndNeverWent) {
  const std::string prepared = start_again(false);
  EXPECT_NE(
      run_child(server(), "MysqlSeveral.ChildGoes", prepared, "database cut-over: worked").status,
      0);
  run("ALTER TABLE world.playerbot ADD COLUMN race INT");
  EXPECT_EQ(value(keys_of_child), "0");
  const auto swap = step(prepared);
  EXPECT_EQ(swap->observe().what, Observation::between);
  EXPECT_THROW(swap->apply(), Refused);
  swap->revert();
  const auto seen = swap->observe();
  EXPECT_EQ(seen.what, Observation::foreign);
  EXPECT_TRUE(seen.never_applied);
  EXPECT_TRUE(seen.detail.starts_with("table 'playerbot' has another definition: it has `race`"));
  EXPECT_TRUE(seen.detail.ends_with(" (in database 'world')")) << seen.detail;
  EXPECT_EQ(value(keys_of_child), "1");
}

// Killed when the one said that it is live, and the other did not.
TEST_F(MysqlSeveralForeign, BothAreTakenOverWhereOneDidNotSaySo) {
  const std::string prepared = start_again(false);
  EXPECT_NE(run_child(server(), "MysqlSeveral.ChildGoes", prepared, "database swap: after").status,
            0);
  run("UPDATE world.git_rollback_operations SET host = 'db2:/srv/a';"
      "UPDATE chars.git_rollback_operations SET host = 'db2:/srv/a'");
  PointDraft draft;
  draft.point.id = "20261125T100000Z-4f2a91c";
  draft.point.parts["bots"].insert(Kind::database);
  EXPECT_THROW(part()->capture(draft), Refused);
  take_over_ = operation_;
  part()->capture(draft);
  for (const char* const schema : {"world", "chars"}) {
    EXPECT_EQ(value("SELECT state FROM " + std::string(schema) +
                    ".git_rollback_operations WHERE operation = '" + operation_ + "'"),
              "settled");
  }
  const auto kept = part()->kept().tables;
  EXPECT_EQ(std::count_if(
                kept.begin(), kept.end(),
                [](const KeptTable& table) { return table.name.find("_out_") != table.name.npos; }),
            2);
  EXPECT_EQ(value(keys_of_child), "1");
}

INSTANTIATE_TEST_SUITE_P(Ways, MysqlSeveralKilled, ::testing::Bool(), [](const auto& way) {
  return std::string(way.param ? "OnTheWayBack" : "OnTheWayThere");
});

}  // namespace
}  // namespace rollback::mysql
