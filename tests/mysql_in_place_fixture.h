// A table of a real server whose structure can go back in place.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mysql_child.h"
#include "mysql_part_fixture.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/swap/in_place_step.h"
#include "part/database/mysql/swap/swap.h"

namespace rollback::mysql {

class MysqlInPlaceTest : public MysqlPartTest {
 protected:
  void SetUp() override {
    if (!is_child()) MysqlPartTest::SetUp();
  }

  // With a trigger, a check and keys of its own and from outside, and a point of it.
  Point at_point() {
    run("CREATE TABLE audit(n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20));"
        "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL,"
        " level INT DEFAULT 1, parent INT, UNIQUE KEY by_name(name), KEY parent(parent),"
        " CHECK (level < 1000),"
        " CONSTRAINT up FOREIGN KEY (parent) REFERENCES playerbot(id) ON DELETE CASCADE);"
        "CREATE TABLE mail(bot INT, FOREIGN KEY (bot) REFERENCES playerbot(id));"
        "CREATE TRIGGER noted AFTER INSERT ON playerbot FOR EACH ROW INSERT INTO audit(what)"
        " VALUES (NEW.name);"
        "INSERT INTO playerbot(id, name, level) SELECT seq, concat('bot', seq), seq FROM " +
        numbers(20));
    then_ = shown();
    return capture();
  }
  void migrate() {
    run("ALTER TABLE playerbot ADD COLUMN `a``b` INT NOT NULL DEFAULT 7 AFTER name,"
        " ADD COLUMN zone VARCHAR(20) CHARACTER SET latin1 NOT NULL DEFAULT 'it''s' FIRST,"
        " ADD COLUMN seen DATETIME NULL, ALTER COLUMN level SET DEFAULT 5");
    now_ = shown();
  }
  void write() {
    run("INSERT INTO playerbot(name, level, parent) VALUES ('new', 9, 3);"
        "UPDATE playerbot SET level=99 WHERE id=2; DELETE FROM playerbot WHERE id=1");
  }
  std::string storage() {
    Session session = open();
    return storage_of(session, "playerbot");
  }
  std::string shown() {
    const std::string sql = server().sql("SHOW CREATE TABLE playerbot");
    return sql.substr(0, sql.find("AUTO_INCREMENT=")) + sql.substr(sql.find("DEFAULT CHARSET"));
  }
  std::string rows() {
    return value(
        "SELECT group_concat(concat_ws('/', id, name, level, parent) ORDER BY id) FROM playerbot");
  }
  std::string detail(const Assessment& assessment) {
    return assessment.obstacle ? assessment.obstacle->reason : assessment.details.at(0);
  }
  // The steps as they are in a process of their own; the first says that it is live.
  std::vector<std::unique_ptr<Step>> steps(const Place& at, const std::string& plan) {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(make_swap(at, plan_from(plan)));
    for (auto& step : make_alterations(at, plan_from(plan))) steps.push_back(std::move(step));
    return steps;
  }
  static std::string plan_of(const std::string& prepared) {
    return nlohmann::json::parse(prepared).at("databases").at(0).at("plan");
  }
  static void go(std::vector<std::unique_ptr<Step>> steps) {
    for (auto& step : steps) step->apply();
  }
  static void go_back(std::vector<std::unique_ptr<Step>> steps) {
    for (size_t i = steps.size(); i-- > 0;) steps[i]->revert();
  }
  std::string refusal(const std::string& prepared) try {
    go(part()->steps(prepared).swap);
    return "";
  } catch (const Refused& error) {
    return error.what();
  }

  // By the operation that was last.
  std::string displaced() {
    return value(
        "SELECT max(table_name) FROM information_schema.tables WHERE table_schema='world'"
        " AND table_name LIKE 'playerbot\\_out\\_%'");
  }

  std::string then_, now_;
};

}  // namespace rollback::mysql
