// Foreign keys of tables that are swapped: inside of the set, from and to tables
// outside of it, and of a table to itself.
#include "mysql_swap_fixture.h"
#include "os/error.h"
#include "part/database/mysql/keys.h"

namespace rollback::mysql {
namespace {

class MysqlKeys : public MysqlSwapTest {
 protected:
  // guild <- bot <- item; bot -> bot; mail (outside) -> bot; bot -> realm (outside)
  void tables() {
    server().sql(
        "CREATE TABLE realm(id INT PRIMARY KEY); CREATE TABLE guild(id INT PRIMARY KEY);"
        "CREATE TABLE bot(id INT PRIMARY KEY, guild INT, leader INT, realm INT,"
        " CONSTRAINT `it's mine` FOREIGN KEY (guild) REFERENCES guild(id) ON DELETE SET NULL,"
        " FOREIGN KEY (leader) REFERENCES bot(id),"
        " CONSTRAINT to_realm FOREIGN KEY (realm) REFERENCES realm(id) ON UPDATE CASCADE);"
        "CREATE TABLE item(id INT PRIMARY KEY, bot INT NOT NULL,"
        " FOREIGN KEY (bot) REFERENCES bot(id) ON DELETE CASCADE);"
        "CREATE TABLE mail(id INT PRIMARY KEY, bot INT,"
        " CONSTRAINT `mail``bot` FOREIGN KEY (bot) REFERENCES bot(id) ON DELETE CASCADE);"
        "INSERT INTO realm VALUES (1),(2); INSERT INTO guild VALUES (1),(2);"
        "INSERT INTO bot VALUES (1,1,NULL,1),(2,1,1,1),(3,2,1,2);"
        "INSERT INTO item VALUES (1,1),(2,2),(3,3); INSERT INTO mail VALUES (1,1),(2,2),(3,3)");
  }
  std::string all() {
    std::string text;
    for (const char* const table : {"realm", "guild", "bot", "item", "mail"}) text += show(table);
    return text;
  }
  bool fails(const std::string& sql) {
    try {
      server().sql(sql);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }
  void expect_keys_at_work() {
    EXPECT_TRUE(fails("INSERT INTO bot(id, guild) VALUES (50, 99)"));
    EXPECT_TRUE(fails("INSERT INTO item(id, bot) VALUES (50, 99)"));
    EXPECT_TRUE(fails("INSERT INTO mail(id, bot) VALUES (50, 99)"));
    EXPECT_TRUE(fails("DELETE FROM bot WHERE id=1"));  // it leads others
    EXPECT_TRUE(fails("DELETE FROM realm WHERE id=1"));
    server().sql(
        "DELETE FROM bot WHERE id=3; DELETE FROM guild WHERE id=1;"
        "UPDATE realm SET id=9 WHERE id=1");
    EXPECT_EQ(server().sql("SELECT * FROM bot ORDER BY id"), "1\tNULL\tNULL\t9\n2\tNULL\t1\t9\n");
    EXPECT_EQ(server().sql("SELECT bot FROM item ORDER BY id"), "1\n2\n");
    EXPECT_EQ(server().sql("SELECT bot FROM mail ORDER BY id"), "1\n2\n");
  }
};

TEST_F(MysqlKeys, AreThoseOfThePointAndAtWork) {
  tables();
  point({"guild", "bot", "item"});
  const std::string then = all();
  server().sql(
      "ALTER TABLE bot DROP FOREIGN KEY `it's mine`, ADD COLUMN extra INT;"
      "ALTER TABLE item DROP FOREIGN KEY item_ibfk_1, ADD COLUMN extra INT;"
      "ALTER TABLE item ADD CONSTRAINT other FOREIGN KEY (bot) REFERENCES bot(id)");
  const std::string now = all();
  const Plan plan =
      prepare({{"guild", Choice::keep_all}, {"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  ASSERT_EQ(plan.outside_keys.size(), 1U);
  step(plan)->apply();
  EXPECT_EQ(all(), then);
  EXPECT_EQ(seen(plan), Observation::after) << detail_;
  step(plan)->revert();
  EXPECT_EQ(all(), now);
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
  step(plan)->apply();
  EXPECT_EQ(all(), then);
  expect_keys_at_work();
  for (const Change& change : plan.changes) {
    EXPECT_EQ(show(change.displaced).find("FOREIGN KEY"), std::string::npos);
    EXPECT_EQ(server().value("SELECT count(*) FROM " + change.displaced),
              change.table() == "guild" ? "2" : "3");
  }
}

TEST_F(MysqlKeys, OfOneTableOfManyStay) {
  tables();
  point({"bot"});
  const std::string then = all();
  const Plan plan = prepare({{"bot", Choice::restore}});
  EXPECT_EQ(plan.outside_keys.size(), 2U);
  step(plan)->apply();
  EXPECT_EQ(all(), then);
  expect_keys_at_work();
}

TEST_F(MysqlKeys, CascadesThatNoTriggerSeesAreCarriedOver) {
  tables();
  point({"bot", "item"});
  server().sql("ALTER TABLE item ADD COLUMN extra INT");
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  server().sql("DELETE FROM guild WHERE id=1; DELETE FROM bot WHERE id=3");
  step(plan)->apply();
  EXPECT_EQ(server().sql("SELECT * FROM bot ORDER BY id"), "1\tNULL\tNULL\t1\n2\tNULL\t1\t1\n");
  EXPECT_EQ(server().sql("SELECT id FROM item ORDER BY id"), "1\n2\n");
  server().sql("DELETE FROM bot WHERE id=2");
  step(plan)->revert();
  EXPECT_EQ(server().sql("SELECT id FROM bot ORDER BY id"), "1\n");
  EXPECT_EQ(server().sql("SELECT id FROM item ORDER BY id"), "1\n");
}

TEST_F(MysqlKeys, ThatCameMeanwhileStopTheSwap) {
  tables();
  point({"bot"});
  const Plan plan = prepare({{"bot", Choice::keep_all}});
  server().sql("CREATE TABLE late(bot INT, FOREIGN KEY (bot) REFERENCES bot(id))");
  EXPECT_THROW(step(plan)->apply(), Refused);
  EXPECT_EQ(seen(plan), Observation::before);
}

TEST_F(MysqlKeys, WithoutARowToReferToAreCounted) {
  tables();
  point({"guild"});
  server().sql("INSERT INTO guild VALUES (7); UPDATE bot SET guild=7 WHERE id < 3");
  const Plan plan = prepare({{"guild", Choice::restore}});
  step(plan)->apply();
  Session session = open();
  const auto orphans = find_orphans(session, *read_definition(session, "bot"));
  ASSERT_EQ(orphans.size(), 1U);
  EXPECT_EQ(orphans[0].key, "it's mine");
  EXPECT_EQ(orphans[0].rows, 2);
}

TEST_F(MysqlKeys, TakeNamesOf64Characters) {
  const std::string table = "b`'" + std::string(61, 't');
  const std::string key = "k`'" + std::string(61, 'k');
  server().sql("CREATE TABLE " + identifier(table) + "(id INT PRIMARY KEY, up INT, CONSTRAINT " +
               identifier(key) + " FOREIGN KEY (up) REFERENCES " + identifier(table) + "(id))");
  point({table});
  const std::string then = show(table);
  server().sql("ALTER TABLE " + identifier(table) + " ADD COLUMN extra INT");
  const Plan plan = prepare({{table, Choice::keep_all}});
  step(plan)->apply();
  EXPECT_EQ(show(table), then);
  step(plan)->revert();
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
}

}  // namespace
}  // namespace rollback::mysql
