// An emergency puts the backup itself in place, and makes it anew after the swap.
#include <nlohmann/json.hpp>
#include <regex>

#include "mysql_child.h"
#include "mysql_part_fixture.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/swap/prepare.h"
#include "part/database/mysql/swap/settle.h"
#include "part/database/mysql/swap/swap.h"

namespace rollback::mysql {
namespace {

const char* const backup = "playerbot_backup_20261123T100000Z";

class MysqlEmergency : public MysqlPartTest {
 protected:
  void SetUp() override {
    if (!is_child()) MysqlPartTest::SetUp();
  }

  // But for the counter, which never goes back.
  std::string dump() {
    return std::regex_replace(MysqlPartTest::dump(), std::regex(" AUTO_INCREMENT=[0-9]+"), "");
  }

  Point at_point() {
    run("CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL,"
        " level INT DEFAULT 1, twice INT AS (level * 2) VIRTUAL, zone CHAR(3) DEFAULT 'abc',"
        " UNIQUE KEY by_name(name), KEY `by``level`(level, zone)) COMMENT='it''s \\\\ mine';"
        "CREATE TRIGGER noted BEFORE INSERT ON playerbot FOR EACH ROW SET NEW.zone = 'new';"
        "INSERT INTO playerbot(id, name, level) SELECT seq, concat('bot', seq), seq FROM " +
        numbers(50) + "; DELETE FROM playerbot WHERE id > 48");
    then_ = dump();
    const Point point = capture();
    backup_ = shown(backup);
    return point;
  }
  void migrate() {
    run("DROP TRIGGER noted; ALTER TABLE playerbot DROP COLUMN zone;"
        "UPDATE playerbot SET level = 7; INSERT INTO playerbot(name) VALUES ('new')");
    now_ = dump();
  }
  // To what is live.
  void write() {
    run("UPDATE playerbot SET level=99 WHERE id=2; UPDATE playerbot SET level=98 WHERE id=2;"
        "DELETE FROM playerbot WHERE id=3; UPDATE playerbot SET id=200 WHERE id=4;"
        "INSERT INTO playerbot(id, name, level) VALUES (3, 'bot3', 1), (300, 'late', 2);"
        "UPDATE playerbot SET level=5 WHERE id=300; REPLACE INTO playerbot(id, name) VALUES"
        " (5, 'bot5')");
  }
  Request emergency(const Point& point) {
    Request request = to(point, Rows::restore, 1000);
    request.emergency = true;
    return request;
  }
  std::string shown(const std::string& table) {
    const std::string sql = server().sql("SHOW CREATE TABLE " + identifier(table));
    return sql.substr(0, sql.find(" AUTO_INCREMENT=")) + sql.substr(sql.find(" DEFAULT CHARSET"));
  }
  std::string storage(const std::string& table) {
    Session session = open();
    return storage_of(session, table);
  }
  std::string findings(const Point& point) {
    std::string text;
    for (const Finding& finding : part()->verify(point)) text += finding.what + "\n";
    return text;
  }
  void expect_backup(const Point& point) {
    EXPECT_EQ(findings(point), "");
    EXPECT_EQ(shown(backup), backup_);
  }

  std::string then_, now_, backup_;
};

TEST_F(MysqlEmergency, TheBackupItselfGoesLiveAndIsMadeAnew) {
  const Point point = at_point();
  migrate();
  const std::string itself = storage(backup);
  ASSERT_NE(itself, "");
  const std::string prepared = part()->prepare(emergency(point));
  swap(prepared);
  // MySQL makes a table anew that gets a check.
  EXPECT_EQ(storage("playerbot"), itself);
  EXPECT_EQ(count_of_ours(backup), "0");
  const Point left = finish(prepared);
  EXPECT_EQ(dump(), then_);
  EXPECT_NE(storage(backup), itself);
  expect_backup(point);
  EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0");
  EXPECT_TRUE(part()->assess(to(point)).already);

  next_operation();
  go_back(to(left));
  EXPECT_EQ(dump(), now_);
  operation_ = "20261126T110000Z-ccccccc";
  left_ = "20261126T110001Z-4f2a91c";
  go_back(emergency(point));
  EXPECT_EQ(dump(), then_);
  expect_backup(point);
}

TEST_F(MysqlEmergency, WithoutTheNeedTheBackupIsCopied) {
  const Point point = at_point();
  migrate();
  const std::string itself = storage(backup);
  go_back(to(point, Rows::restore, 1000));
  EXPECT_EQ(dump(), then_);
  EXPECT_EQ(storage(backup), itself);
}

TEST_F(MysqlEmergency, WhatIsWrittenAfterTheSwapIsNotInTheBackup) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(emergency(point));
  swap(prepared);
  write();
  const std::string live = value("SELECT group_concat(id, name, level ORDER BY id) FROM playerbot");
  finish(prepared);
  expect_backup(point);
  EXPECT_EQ(value("SELECT group_concat(id, name, level ORDER BY id) FROM playerbot"), live);
}

TEST_F(MysqlEmergency, TakenBackTheBackupHasItsNameAndRows) {
  const Point point = at_point();
  migrate();
  const std::string itself = storage(backup);
  const std::string prepared = part()->prepare(emergency(point));
  swap(prepared);
  write();
  revert(prepared);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE level <> 7"), "1");
  swap(prepared);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE level <> id"), "0");
  write();
  revert(prepared);
  part()->discard(operation_);
  EXPECT_EQ(dump(), now_);
  EXPECT_EQ(storage(backup), itself);
  expect_backup(point);
  EXPECT_FALSE(rows_set_aside("bots", {settings_}, server().folder(), Git(), operation_).empty());
}

TEST_F(MysqlEmergency, ABackupThatCannotBeMadeAnewIsSpentAndSaidToBe) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(emergency(point));
  swap(prepared);
  run("TRUNCATE TABLE playerbot");
  finish(prepared);
  const std::string why = "the backup of table 'playerbot'";
  EXPECT_EQ(findings(point), why +
                                 " of database 'world' went live in an emergency, and could not be"
                                 " made anew\n");
  next_operation();
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  EXPECT_EQ(assessment.obstacle->reason,
            why + " went live in an emergency, and could not be made anew");
}

TEST_F(MysqlEmergency, OneThatWasEmptiedWhileItWasLiveIsSpentWhenItIsTakenBack) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(emergency(point));
  swap(prepared);
  run("TRUNCATE TABLE playerbot");
  revert(prepared);
  part()->discard(operation_);
  EXPECT_NE(findings(point).find("could not be made anew"), std::string::npos);
  EXPECT_EQ(count_of_ours(backup), "1");
}

TEST_F(MysqlEmergency, ABackupThatIsNotWhatWasRecordedStays) {
  const Point point = at_point();
  migrate();
  run("UPDATE " + std::string(backup) + " SET level = 3 WHERE id = 1");
  EXPECT_THROW(part()->prepare(emergency(point)), Refused);
  EXPECT_EQ(dump(), now_);
  EXPECT_EQ(shown(backup), backup_);
  EXPECT_EQ(value("SELECT level FROM " + std::string(backup) + " WHERE id = 1"), "3");
}

TEST_F(MysqlEmergency, TablesThatAKeyRelatesOrWithACheckAreCopied) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY); CREATE TABLE playerbot_pet(id INT PRIMARY KEY,"
      " bot INT, FOREIGN KEY (bot) REFERENCES playerbot(id) ON DELETE CASCADE);"
      "CREATE TABLE playerbot_log(a INT PRIMARY KEY, CHECK (a < 9)); INSERT INTO playerbot VALUES "
      "(1), (2);"
      "INSERT INTO playerbot_pet VALUES (1, 1); INSERT INTO playerbot_log VALUES (1)");
  const std::string then = dump();
  const Point point = capture();
  run("DELETE FROM playerbot; ALTER TABLE playerbot ADD COLUMN a INT;"
      "ALTER TABLE playerbot_pet ADD COLUMN a INT; ALTER TABLE playerbot_log ADD COLUMN b INT");
  const std::string itself = storage(backup);
  go_back(emergency(point));
  EXPECT_EQ(dump(), then);
  EXPECT_EQ(storage(backup), itself);
  EXPECT_EQ(findings(point), "");
}

class MysqlEmergencyKilled : public MysqlEmergency {
 protected:
  void start_again() {
    server().sql("DROP DATABASE world; CREATE DATABASE world");
    point_ = at_point();
    shown_then_ = shown("playerbot");
    migrate();
  }

  Place place_of_tables() {
    Place at = place();
    at.settings.tables = {"playerbot"};
    return at;
  }
  std::unique_ptr<Step> step() { return make_swap(place_of_tables(), plan_from(plan_)); }

  void make_plan() {
    const auto prepared = nlohmann::json::parse(part()->prepare(emergency(point_)));
    plan_ = prepared.at("databases").at(0).at("plan");
  }
  void expect_killed(const std::string& what, const std::string& at) {
    const nlohmann::json json{
        {"do", what}, {"plan", plan_}, {"fields", point_.trailers.at(0).fields}};
    EXPECT_NE(run_child(server(), "MysqlEmergencyKilled.Child", json.dump(), at).status, 0);
  }

  void goes_on() {
    step()->apply();
    settle(place_of_tables(), operation_);
    EXPECT_EQ(shown("playerbot").substr(0, 600), shown_then_.substr(0, 600));
    expect_backup(point_);
  }
  void goes_back() {
    step()->revert();
    discard(place_of_tables(), operation_);
    EXPECT_EQ(dump().substr(0, now_.find('\n')), now_.substr(0, now_.find('\n')));
    EXPECT_EQ(server().rows("playerbot").size(), 49U);
    expect_backup(point_);
    EXPECT_EQ(count_of_ours("%20261124%") == "0" || count_of_ours("%\\_aside%") != "0", true);
  }

  // From there on, with rows written to it in between.
  void killed(const std::string& what, const std::vector<std::string>& points) {
    for (size_t i = 0; i < 2 * points.size(); ++i) {
      // From there on it is settled, whatever comes.
      if (points[i / 2] == "database settle: within" && i % 2 == 1) continue;
      SCOPED_TRACE(points[i / 2] + (i % 2 == 0 ? " forward" : " back"));
      start_again();
      make_plan();
      if (what != "apply") {
        step()->apply();
        write();
      }
      if (what == "discard") step()->revert();
      expect_killed(what, points[i / 2]);
      if (i % 4 > 1) {
        server().kill9();
        server().start();
      }
      if (what == "discard") {
        discard(place_of_tables(), operation_);
        EXPECT_EQ(server().rows("playerbot").size(), 49U);
        expect_backup(point_);
      } else {
        i % 2 == 0 ? goes_on() : goes_back();
      }
    }
  }

  Point point_;
  std::string plan_, shown_then_;
};

TEST_F(MysqlEmergencyKilled, Child) {
  if (!is_child()) return;
  Place at = place_of_child();
  at.settings.tables = {"playerbot"};
  const auto json = nlohmann::json::parse(text_of_child());
  const std::string what = json.at("do");
  if (what == "settle") return settle(at, operation_);
  if (what == "discard") return discard(at, operation_);
  if (what != "prepare") {
    const auto step = make_swap(at, plan_from(json.at("plan")));
    return what == "apply" ? step->apply() : step->revert();
  }
  const std::vector<std::string> fields = json.at("fields");
  Order order{.operation = operation_,
              .point = "20261123T100000Z-4f2a91c",
              .backups = {{"world", "playerbot", fields.at(2), std::stoll(fields.at(3).substr(5)),
                           fields.at(4).substr(7)}},
              .loss_limit = 1000,
              .choose = {},
              .count_within = {},
              .emergency = true};
  order.choose = [](const std::vector<TableFacts>& facts) {
    return std::vector<Decision>{{.table = facts.at(0).table, .choice = Choice::restore}};
  };
  prepare(at, order);
}

TEST_F(MysqlEmergencyKilled, WhilePreparing) {
  for (const std::string at : {"database prepare: frames", "database prepare: backup taken",
                               "database prepare: backup complete", "database prepare: filled",
                               "database prepare: prepared"}) {
    SCOPED_TRACE(at);
    start_again();
    expect_killed("prepare", at);
    part()->discard(operation_);
    EXPECT_EQ(dump(), now_);
    expect_backup(point_);
    EXPECT_EQ(count_of_ours("%20261124%"), "0");
    go_back(emergency(point_));
    EXPECT_EQ(dump(), then_);
    expect_backup(point_);
  }
}

TEST_F(MysqlEmergencyKilled, OnItsWay) {
  killed("apply", {"database swap: ready", "database swap: triggers", "database cut-over: renamed",
                   "database swap: after"});
}
TEST_F(MysqlEmergencyKilled, OnItsWayBack) {
  killed("revert",
         {"database revert: ready", "database cut-over: renamed", "database revert: after"});
}
TEST_F(MysqlEmergencyKilled, WhileSettling) {
  killed("settle", {"database settle: copying", "database settle: copied",
                    "database settle: backup made anew", "database settle: within"});
}
TEST_F(MysqlEmergencyKilled, WhileDiscarding) {
  killed("discard", {"database discard: before", "database discard: backup restored",
                     "database discard: within"});
}

}  // namespace
}  // namespace rollback::mysql
