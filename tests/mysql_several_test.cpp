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
  // The parts of a chain of tables on which the RENAME needs guards.
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
    return {settings_, other};
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
  // The statements of a general log that rename a table of both.
  std::string renames() {
    return value(
        "SELECT count(*) FROM mysql.general_log WHERE argument LIKE"
        " 'RENAME TABLE%`chars`.`playerbot`%`world`.`playerbot`%'"
        " AND command_type = 'Query'");
  }

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
  const auto swaps = part();  // what keeps the steps
  const auto steps = swaps->steps(prepared).swap;
  ASSERT_EQ(steps.size(), 2U);
  for (const auto& step : steps) step->get_ready();
  for (const auto& step : steps) EXPECT_EQ(step->observe().what, Observation::before);
  steps[0]->apply();
  expect_columns(at_point);
  for (const auto& step : steps) EXPECT_EQ(step->observe().what, Observation::after);
  steps[1]->apply();
  EXPECT_EQ(renames(), "1");
  EXPECT_EQ(rows("world"), "1:100 2:200 3:300 4:400");
  EXPECT_EQ(rows("chars"), "1:100 2:7 3:300");

  run("INSERT INTO chars.playerbot(gold) VALUES (800)");
  steps[1]->revert();
  expect_columns(since);
  for (const auto& step : steps) EXPECT_EQ(step->observe().what, Observation::before);
  steps[0]->revert();
  EXPECT_EQ(rows("chars"), "1:100 2:7 3:300 4:800");
  for (const auto& step : steps) step->apply();
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
  const auto swaps = part();
  const auto steps = swaps->steps(prepared).swap;
  try {
    for (int round = 0; round < 10; ++round) {
      for (const auto& step : steps) step->apply();
      for (const auto& step : steps) step->revert();
    }
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  done = true;
  for (auto& thread : threads) thread.join();
  EXPECT_GT(seen, 50);
  EXPECT_EQ(halves, 0);
  EXPECT_EQ(failed, 0);
}

TEST_F(MysqlSeveral, WhatIsForeignInOneStopsBoth) {
  make_databases();
  const Point point = capture_both();
  migrate();
  const std::string prepared = part()->prepare(to(point, Rows::keep_all));
  run("ALTER TABLE chars.playerbot ADD COLUMN race INT");
  const auto swaps = part();
  const auto steps = swaps->steps(prepared).swap;
  try {
    steps[0]->apply();
    FAIL() << "it was not refused";
  } catch (const Refused& refused) {
    EXPECT_STREQ(refused.what(),
                 "database 'chars' was changed by somebody else: table 'playerbot' has another"
                 " definition");
  }
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
  const auto swaps = part();
  const auto steps = swaps->steps(prepared).swap;
  try {
    steps[0]->apply();
    FAIL() << "it was not refused";
  } catch (const Refused& refused) {
    EXPECT_STREQ(refused.what(),
                 "one of the tables 'chars.playerbot', 'world.playerbot' is held by somebody else"
                 " for more than 10 s");
  }
  for (const auto& step : steps) EXPECT_EQ(step->observe().what, Observation::before);
  holder.run("COMMIT");
  steps[0]->apply();
  for (const auto& step : steps) EXPECT_EQ(step->observe().what, Observation::after);
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
    const auto swaps = part();
    const auto steps = swaps->steps(prepared).swap;
    for (const auto& step : steps) step->apply();
    for (const auto& step : steps) {
      EXPECT_EQ(step->observe().what, Observation::after) << step->observe().detail;
    }
    EXPECT_EQ(value(keys), at_the_point ? "1" : "0");
    for (size_t i = steps.size(); i-- > 0;) steps[i]->revert();
    for (const auto& step : steps) {
      EXPECT_EQ(step->observe().what, Observation::before) << step->observe().detail;
    }
    EXPECT_EQ(value(keys), at_the_point ? "0" : "1");
    part()->discard(operation_);
  }
}

// In the child: the plans of both, one below the other.
std::vector<std::unique_ptr<Step>> steps_of_child() {
  std::vector<std::unique_ptr<Step>> steps;
  const auto both = nlohmann::json::parse(text_of_child()).at("databases");
  for (const auto& one : both) {
    Endpoint endpoint;
    endpoint.socket = getenv("MYSQL_CHILD_SOCKET");
    endpoint.user = "root";
    endpoint.database = one.at("schema");
    steps.push_back(make_swap({endpoint.database, "bots", {}, [endpoint] { return endpoint; }},
                              plan_from(one.at("plan"))));
  }
  return steps;
}

TEST_F(MysqlSeveral, ChildGoes) {
  if (!is_child()) return;
  for (const auto& step : steps_of_child()) step->apply();
}

TEST_F(MysqlSeveral, ChildGoesBack) {
  if (!is_child()) return;
  const auto steps = steps_of_child();
  for (size_t i = steps.size(); i-- > 0;) steps[i]->revert();
}

class MysqlSeveralKilled : public MysqlSeveral, public ::testing::WithParamInterface<bool> {
 protected:
  std::string start_again(bool swapped) {
    make_databases();
    const Point point = capture_both();
    migrate();
    const std::string prepared = part()->prepare(to(point, Rows::keep_all));
    if (swapped) swap_all(prepared, true);
    run("INSERT INTO world.playerbot(gold) VALUES (400); INSERT INTO chars.playerbot(gold) VALUES"
        " (400)");
    return prepared;
  }
  void swap_all(const std::string& prepared, bool there) {
    const auto swaps = part();
    const auto steps = swaps->steps(prepared).swap;
    for (const auto& step : steps) there ? step->apply() : step->revert();
    for (const auto& step : steps) {
      EXPECT_EQ(step->observe().what, there ? Observation::after : Observation::before)
          << step->observe().detail;
    }
  }
};

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
    if (i % 4 == 3) {
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

INSTANTIATE_TEST_SUITE_P(Ways, MysqlSeveralKilled, ::testing::Bool(), [](const auto& way) {
  return std::string(way.param ? "OnTheWayBack" : "OnTheWayThere");
});

}  // namespace
}  // namespace rollback::mysql
