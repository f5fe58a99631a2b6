// A unique value goes from one row to another while a table is filled.
#include <functional>

#include "mysql_part_fixture.h"
#include "os/progress.h"

namespace rollback::mysql {
namespace {

// Does something as soon as a first chunk was copied.
class AfterTheFirstChunk : public ProgressListener {
 public:
  explicit AfterTheFirstChunk(std::function<void()> work) : work_(std::move(work)) {
    set_progress_listener(this);
  }
  ~AfterTheFirstChunk() override { set_progress_listener(nullptr); }
  AfterTheFirstChunk(const AfterTheFirstChunk&) = delete;
  AfterTheFirstChunk& operator=(const AfterTheFirstChunk&) = delete;
  void begun(std::string_view what, Unit, std::uint64_t) override {
    fills_ = what == "preparing tables";
  }
  void reached(std::uint64_t) override {
    if (fills_ && work_) std::exchange(work_, {})();
  }
  void ended() override { fills_ = false; }
  void waits(std::string_view) override {}

 private:
  std::function<void()> work_;
  bool fills_ = false;
};

class MysqlWandering : public MysqlPartTest {
 protected:
  Point migrated(const std::string& point_type = "VARCHAR(20)") {
    run("CREATE TABLE playerbot(id INT PRIMARY KEY, name " + point_type +
        " UNIQUE); INSERT INTO playerbot SELECT seq, concat('n', seq) FROM " + numbers(12000));
    const Point point = capture();
    run("ALTER TABLE playerbot MODIFY name VARCHAR(20), ADD COLUMN level INT, ADD KEY(level);"
        "INSERT INTO playerbot VALUES (20000, 'new', NULL)");
    return point;
  }
  std::string recorded() {
    return value("SELECT coalesce(sum(`rows`), 0) FROM git_rollback_aside");
  }
  std::string names(const std::string& ids) {
    return value("SELECT group_concat(name ORDER BY id) FROM playerbot WHERE id IN (" + ids + ")");
  }
};

TEST_F(MysqlWandering, AUniqueValueThatWandersIsNoLoss) {
  const Point point = migrated();
  std::string prepared;
  {
    const AfterTheFirstChunk listener([this] {
      run("START TRANSACTION; UPDATE playerbot SET name='other' WHERE id=1;"
          "UPDATE playerbot SET name='n1' WHERE id=11000; COMMIT");
    });
    prepared = part()->prepare(to(point));
  }
  swap(prepared);
  EXPECT_EQ(names("1, 11000, 20000"), "other,n1,new");
  EXPECT_EQ(recorded(), "0");
}

TEST_F(MysqlWandering, AValueThatFitsIsNoLossWheneverItIsWritten) {
  const Point point = migrated("VARCHAR(10)");
  std::string prepared;
  {
    const AfterTheFirstChunk listener(
        [this] { run("UPDATE playerbot SET name='other' WHERE id=1"); });
    prepared = part()->prepare(to(point, Rows::keep_all));
  }
  swap(prepared);
  EXPECT_EQ(names("1, 2, 20000"), "other,n2,new");
  EXPECT_EQ(recorded(), "0");
}

TEST_F(MysqlWandering, ARowThatDoesNotFitIsCountedOnceHoweverOftenItIsWritten) {
  const Point point = migrated("VARCHAR(10)");
  run("UPDATE playerbot SET name=concat('much too long ', id) WHERE id IN (2, 3)");
  std::string prepared;
  {
    const AfterTheFirstChunk listener([this] {
      run("UPDATE playerbot SET level=1 WHERE id=2; DELETE FROM playerbot WHERE id=3");
    });
    prepared = part()->prepare(to(point, Rows::keep_all, 2));
  }
  run("UPDATE playerbot SET level=2 WHERE id=2");
  swap(prepared);
  EXPECT_EQ(value("SELECT group_concat(id, ':', level) FROM"
                  " playerbot_aside_20261124T110000Z_aaaaaaa"),
            "2:2");
  EXPECT_EQ(recorded(), "1");
}

}  // namespace
}  // namespace rollback::mysql
