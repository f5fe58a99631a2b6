// A swap is killed at every fail point, and the server, too; it goes on from there,
// or back.
#include "mysql_child.h"
#include "mysql_swap_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlSwapKilled : public MysqlSwapTest {
 protected:
  void SetUp() override {
    if (!is_child()) MysqlSwapTest::SetUp();
  }

  static void be_child(const std::function<void(Step&)>& work) {
    if (is_child()) work(*make_swap(place_of_child(), plan_from(text_of_child())));
  }
  Finished run_child(const std::string& name, const Plan& plan, const std::string& fail_point) {
    return mysql::run_child(server(), "MysqlSwapKilled.Child" + name, to_text(plan), fail_point);
  }

  Plan start_again() {
    point_.clear();
    server().sql(
        "DROP DATABASE world; CREATE DATABASE world; USE world;"
        "CREATE TABLE guild(id INT PRIMARY KEY); CREATE TABLE bot(id INT PRIMARY KEY"
        " AUTO_INCREMENT, guild INT, FOREIGN KEY (guild) REFERENCES guild(id));"
        "CREATE TABLE mail(bot INT, FOREIGN KEY (bot) REFERENCES bot(id));"
        "CREATE TABLE audit(n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20));"
        "CREATE TRIGGER then_ AFTER INSERT ON bot FOR EACH ROW INSERT INTO audit(what) VALUES"
        " ('then'); INSERT INTO guild VALUES (1),(2); INSERT INTO bot VALUES (1,1),(2,2),(3,1);"
        "INSERT INTO mail VALUES (1)");
    point({"guild", "bot"});
    then_ = world();
    server().sql(
        "ALTER TABLE bot ADD COLUMN extra INT DEFAULT 7; DROP TRIGGER then_;"
        "CREATE TRIGGER now_ BEFORE INSERT ON bot FOR EACH ROW SET NEW.extra = 8;"
        "ALTER TABLE guild ADD COLUMN more INT; CREATE TABLE fresh(a INT)");
    point({"fresh"});
    now_ = world();
    Plan plan = prepare(
        {{"guild", Choice::restore}, {"bot", Choice::keep_all}, {"fresh", Choice::displace}});
    server().sql("INSERT INTO bot(guild) VALUES (2); UPDATE bot SET guild=2 WHERE id=1");
    return plan;
  }
  std::string world() { return show("guild") + show("bot") + show("mail") + triggers(); }

  void expect_there(const Plan& plan) {
    EXPECT_EQ(seen(plan), Observation::after) << detail_;
    EXPECT_EQ(world(), then_);
    EXPECT_EQ(server().sql("SELECT id, guild FROM bot ORDER BY id"), "1\t2\n2\t2\n3\t1\n4\t2\n");
    EXPECT_EQ(server().value("SELECT count(*) FROM mail"), "1");
  }
  void expect_back(const Plan& plan) {
    EXPECT_EQ(seen(plan), Observation::before) << detail_;
    EXPECT_EQ(world(), now_);
    EXPECT_EQ(server().sql("SELECT id, guild, extra FROM bot ORDER BY id"),
              "1\t2\t7\n2\t2\t7\n3\t1\t7\n4\t2\t8\n");
  }

  void kill_everywhere(const std::string& child, bool from_swapped, bool forward) {
    Plan plan = start_again();
    if (from_swapped) step(plan)->apply();
    ASSERT_EQ(run_child(child, plan, "").status, 0);
    const auto points = passed_fail_points(server());
    EXPECT_GT(points.size(), 8U);
    for (size_t i = 0; i < points.size(); ++i) {
      SCOPED_TRACE(points[i]);
      plan = start_again();
      if (from_swapped) step(plan)->apply();
      EXPECT_NE(run_child(child, plan, points[i]).status, 0);
      if (i % 4 == 3) {
        server().kill9();
        server().start();
      }
      EXPECT_NE(seen(plan), Observation::foreign) << detail_;
      if (forward) {
        step(plan)->apply();
        expect_there(plan);
      } else {
        step(plan)->revert();
        expect_back(plan);
      }
    }
  }

  std::string then_, now_;
};

TEST_F(MysqlSwapKilled, ChildApply) {
  be_child([](Step& step) {
    step.get_ready();
    step.apply();
  });
}
TEST_F(MysqlSwapKilled, ChildRevert) {
  be_child([](Step& step) { step.revert(); });
}

TEST_F(MysqlSwapKilled, OnItsWayGoesOn) { kill_everywhere("Apply", false, true); }
TEST_F(MysqlSwapKilled, OnItsWayGoesBack) { kill_everywhere("Apply", false, false); }
TEST_F(MysqlSwapKilled, OnItsWayBackGoesOnBack) { kill_everywhere("Revert", true, false); }
TEST_F(MysqlSwapKilled, OnItsWayBackGoesThereAgain) { kill_everywhere("Revert", true, true); }

}  // namespace
}  // namespace rollback::mysql
