// Several components that have tables in one database.
#include <gtest/gtest.h>

#include "mysql_part_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlComponents : public MysqlPartTest {
 protected:
  struct Component {
    std::unique_ptr<Part> part;
    std::string prepared;
    std::vector<std::unique_ptr<Step>> steps;
  };

  // With two tables, so that a swap of them needs more than the one RENAME.
  Component altered(const std::string& name) {
    for (const char* const table : {"_a", "_b"}) {
      run("CREATE TABLE " + name + table + "(id INT PRIMARY KEY, gold INT); INSERT INTO " + name +
          table + " VALUES (1, 100)");
    }
    DatabaseSettings settings = settings_;
    settings.tables = {name + "_*"};
    settings.ledger = {};
    Component component{make_database_part(name, {settings}, server().folder(), Git()), "", {}};
    PointDraft draft;
    draft.point.id = "20261123T100000Z-4f2a91c";
    draft.point.parts[name].insert(Kind::database);
    component.part->capture(draft);
    for (const char* const table : {"_a", "_b"}) {
      run("ALTER TABLE " + name + table + " ADD COLUMN guild INT, ADD KEY(guild)");
    }
    component.prepared = component.part->prepare(to(draft.point));
    component.steps = component.part->steps(component.prepared).swap;
    return component;
  }
  void expect_all(const Component& component, Observation what) {
    for (const auto& step : component.steps) EXPECT_EQ(step->observe().what, what);
  }
};

TEST_F(MysqlComponents, AreReadyAtTheSameTimeAndSwappedOneAfterTheOther) {
  std::vector<Component> both;
  both.push_back(altered("bot"));
  both.push_back(altered("shop"));
  for (const Component& component : both) {
    for (const auto& step : component.steps) step->get_ready();
  }
  for (const Component& component : both) {
    for (const auto& step : component.steps) step->apply();
    expect_all(component, Observation::after);
  }
  for (const Component& component : both) {
    for (const auto& step : component.steps) step->revert();
    expect_all(component, Observation::before);
  }
}

}  // namespace
}  // namespace rollback::mysql
