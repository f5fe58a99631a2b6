// A swap of tables of a real server, prepared without the rest of the engine.
#pragma once

#include <map>
#include <vector>

#include "mysql_fixture.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/swap.h"

namespace rollback::mysql {

class MysqlSwapTest : public MysqlEngineTest {
 protected:
  // These tables, as they are now, are what can come back.
  void point(const std::vector<std::string>& tables) {
    Session session = open();
    for (const auto& table : tables) {
      const std::string copy = "bk" + std::to_string(point_.size());
      session.run("CREATE TABLE " + copy + " LIKE " + identifier(table));
      session.run("INSERT INTO " + copy + " SELECT * FROM " + identifier(table));
      point_[table] = {*read_definition(session, table), copy};
    }
  }

  Plan prepare(const std::map<std::string, Choice>& choices, std::int64_t loss_limit = 1000000) {
    Session session = open();
    Registry registry(session, "bots");
    registry.create();
    Plan plan;
    plan.operation = "20261123T100000Z-abcdef0";
    plan.point = "20261122T100000Z-abcdef0";
    plan.loss_limit = loss_limit;
    std::vector<std::string> leaving;
    for (const auto& [table, choice] : choices) {
      plan.changes.push_back(change_of(session, table, choice, plan));
      if (plan.changes.back().before) leaving.push_back(table);
    }
    plan.outside_keys = keys_from_outside(session, leaving);
    for (Change& change : plan.changes) build(session, change);
    registry.put({plan.operation, State::prepared, "", to_text(plan), "here"});
    return plan_from(to_text(plan));
  }

  std::unique_ptr<Step> step(const Plan& plan) { return make_swap(place(), plan); }
  Observation seen(const Plan& plan) {
    const auto seen = step(plan)->observe();
    detail_ = seen.detail;
    return seen.what;
  }
  std::string show(const std::string& table) {
    const std::string sql = server().sql("SHOW CREATE TABLE " + identifier(table));
    return sql.substr(0, sql.find("ENGINE="));
  }
  // Names, events and bodies in the order in which they fire.
  std::string triggers() {
    return server().sql(
        "SELECT event_object_table, trigger_name, action_timing, event_manipulation,"
        " action_statement, sql_mode, character_set_client, collation_connection, definer"
        " FROM information_schema.triggers WHERE trigger_schema='world' AND trigger_name NOT LIKE"
        " 'git\\_rollback%' ORDER BY event_object_table, event_manipulation, action_timing,"
        " action_order");
  }
  std::string aside(const Plan& plan) {
    Session session = open();
    std::string lines;
    for (const Aside& aside : Registry(session, "bots").aside(plan.operation)) {
      lines += aside.table + " " + std::to_string(aside.rows) + " " + aside.reason + "\n";
    }
    return lines;
  }

  struct Kept {
    Definition definition;
    std::string copy;
  };
  std::map<std::string, Kept> point_;
  std::string detail_;

 private:
  Change change_of(Session& session, const std::string& table, Choice choice, const Plan& plan) {
    Change change;
    change.choice = choice;
    change.before = read_definition(session, table);
    const std::string number = std::to_string(plan.changes.size() + 1);
    change.id = operation_prefix(plan.operation, "bots") + number;
    if (change.before) change.displaced = "t" + number + "_out_20261123T100000Zabcdef0";
    change.aside = "t" + number + "_aside_20261123T100000Zabcdef0";
    if (!builds(choice)) return change;
    change.after = point_.at(table).definition;
    change.source = point_.at(table).copy;
    change.incoming = "t" + number + "_in_20261123T100000Zabcdef0";
    return change;
  }

  static void build(Session& session, const Change& change) {
    if (change.before) log_live(session, change);
    if (change.incoming.empty()) return;
    create_incoming(session, change);
    if (takes_live_rows(change)) {
      const Carry carry = carry_of(change);
      fill(session, {carry.projection, change.incoming, carry.keep_from, change.aside});
    } else {
      fill(session, {{*change.after, *change.after, change.source, ""}, change.incoming, "", ""});
    }
    start_log(session, *change.after, change.incoming, change.after_log());
  }
};

}  // namespace rollback::mysql
