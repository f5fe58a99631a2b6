// A component with one database on a private server, and the life of a point:
// captured, assessed, gone back to, undone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mysql_fixture.h"
#include "os/error.h"
#include "part/database/database_part.h"
#include "part/database/mysql/catalogue/definition.h"
#include "store/names.h"

namespace rollback::mysql {

class MysqlPartTest : public MysqlEngineTest {
 protected:
  void SetUp() override {
    MysqlEngineTest::SetUp();
    if (IsSkipped()) return;
    settings_ = settings();
    settings_.option_file = server().option_file("root", "");
  }

  void run(const std::string& statements) { server().sql(statements); }
  std::string value(const std::string& query) { return server().value(query); }

  // Everything that the user can see: all tables but ours, their rows, and all
  // triggers but ours.
  std::string dump() {
    Session session = open();
    std::string text;
    for (const Listed& listed : list_tables(session)) {
      if (names::is_table_of_ours(listed.name)) continue;
      text += server().sql("SHOW CREATE TABLE " + identifier(listed.name));
      for (const auto& row : server().rows(listed.name)) text += row + "\n";
    }
    for (const Row& row : session.rows(
             "SELECT event_object_table, trigger_name, action_timing, event_manipulation,"
             " action_order, action_statement, definer, sql_mode FROM information_schema.triggers"
             " WHERE trigger_schema = 'world' ORDER BY 1, 4, 3, 5")) {
      if (names::is_table_of_ours(*row[1])) continue;
      for (const Value& one : row) text += one.value_or("NULL") + "|";
      text += "\n";
    }
    return text;
  }

  virtual std::unique_ptr<Part> part() {
    return make_database_part("bots", {settings_}, server().folder(), Git());
  }

  Point capture(const std::string& id = "20261123T100000Z-4f2a91c",
                const std::optional<std::vector<std::string>>& migrations = std::nullopt) {
    PointDraft draft;
    draft.point.id = id;
    draft.point.parts["bots"].insert(Kind::database);
    if (migrations) draft.migrations["bots"] = *migrations;
    part()->capture(draft);
    notices_ = draft.notices;
    return draft.point;
  }

  Request to(const Point& point, std::optional<Rows> rows = {}, std::int64_t limit = 0) {
    Request request;
    request.operation = operation_;
    request.target = point;
    request.rows = rows;
    request.loss_limit = limit;
    return request;
  }

  // The whole way; returns the point that describes what was left.
  Point go_back(const Request& request) {
    const std::string prepared = part()->prepare(request);
    swap(prepared);
    return finish(prepared);
  }
  void swap(const std::string& prepared) {
    for (const auto& step : part()->steps(prepared).swap) {
      EXPECT_EQ(step->observe().what, Observation::before) << step->observe().detail;
      step->apply();
      EXPECT_EQ(step->observe().what, Observation::after) << step->observe().detail;
      step->apply();
    }
  }
  void revert(const std::string& prepared) {
    const auto steps = part()->steps(prepared).swap;
    for (size_t i = steps.size(); i-- > 0;) {
      const auto& step = steps[i];
      step->revert();
      EXPECT_EQ(step->observe().what, Observation::before) << step->observe().detail;
    }
  }
  Point finish(const std::string& prepared) {
    PointDraft left;
    left.point.id = left_;
    left.point.parts["bots"].insert(Kind::database);
    part()->leave(prepared, left);
    part()->leave(prepared, left);
    part()->settle(prepared);
    part()->settle(prepared);
    return left.point;
  }
  void next_operation() {
    operation_ = "20261125T110000Z-bbbbbbb";
    left_ = "20261125T110001Z-4f2a91c";
  }
  // How many tables and triggers of ours match a LIKE pattern.
  std::string count_of_ours(const std::string& pattern) {
    return value(
        "SELECT (SELECT count(*) FROM information_schema.tables WHERE table_schema='world' AND "
        "table_name LIKE '" +
        pattern +
        "') + (SELECT count(*) FROM information_schema.triggers WHERE "
        "trigger_schema='world' AND trigger_name LIKE '" +
        pattern + "')");
  }

  DatabaseSettings settings_;
  std::vector<std::string> notices_;
  std::string operation_ = "20261124T110000Z-aaaaaaa";
  std::string left_ = "20261124T110001Z-4f2a91c";
};

}  // namespace rollback::mysql
