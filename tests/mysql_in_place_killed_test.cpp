// A table's change in place is killed at every fail point, and the server, too; it goes
// on from there, or back.
#include "mysql_in_place_fixture.h"

namespace rollback::mysql {
namespace {

class MysqlInPlaceKilled : public MysqlInPlaceTest {
 protected:
  void be_child(const std::function<void(std::vector<std::unique_ptr<Step>>)>& work) {
    if (is_child()) work(steps(place_of_child(), text_of_child()));
  }
  Finished run_child(const std::string& name, const std::string& plan,
                     const std::string& fail_point) {
    return mysql::run_child(server(), "MysqlInPlaceKilled.Child" + name, plan, fail_point);
  }

  void kill_everywhere(const std::string& child, bool from_there) {
    const Point point = at_point();
    migrate();
    write();
    const std::string rows_before = rows();
    const std::string plan = plan_of(part()->prepare(to(point)));
    if (from_there) go(steps(place(), plan));
    ASSERT_EQ(run_child(child, plan, "").status, 0);
    EXPECT_EQ(shown(), from_there ? now_ : then_);
    const auto points = passed_fail_points(server());
    EXPECT_GE(points.size(), 3U);
    for (const bool server_too : {false, true}) {
      for (const auto& fail_point : points) {
        for (const bool forward : {true, false}) {
          SCOPED_TRACE(fail_point);
          from_there ? go(steps(place(), plan)) : go_back(steps(place(), plan));
          EXPECT_NE(run_child(child, plan, fail_point).status, 0);
          if (server_too) {
            server().kill9();
            server().start();
          }
          forward ? go(steps(place(), plan)) : go_back(steps(place(), plan));
          for (const auto& step : steps(place(), plan)) {
            EXPECT_EQ(step->observe().what, forward ? Observation::after : Observation::before)
                << step->observe().detail;
          }
          EXPECT_EQ(shown(), forward ? then_ : now_);
          EXPECT_EQ(rows(), rows_before);
        }
      }
    }
    go_back(steps(place(), plan));
    part()->discard(operation_);
    EXPECT_EQ(count_of_ours("%20261124%"), "0");
  }
};

TEST_F(MysqlInPlaceKilled, ChildApply) {
  be_child([](auto steps) { go(std::move(steps)); });
}
TEST_F(MysqlInPlaceKilled, ChildRevert) {
  be_child([](auto steps) { go_back(std::move(steps)); });
}

TEST_F(MysqlInPlaceKilled, OnItsWay) { kill_everywhere("Apply", false); }
TEST_F(MysqlInPlaceKilled, OnItsWayBack) { kill_everywhere("Revert", true); }

}  // namespace
}  // namespace rollback::mysql
