// A process of ours is killed at every fail point of the database part; what
// it leaves is whole, and the next one takes it from there.
#include <fstream>

#include "database_fixture.h"
#include "os/file.h"
#include "os/process.h"

namespace rollback {
namespace {

const char* const rows =
    "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT UNIQUE, level INT);"
    "CREATE INDEX playerbot_level ON playerbot(level);"
    "CREATE TABLE updates(name TEXT PRIMARY KEY); INSERT INTO updates VALUES ('1');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300)"
    " INSERT INTO playerbot SELECT i, 'bot' || i, i % 80 FROM n;";

const char* const migrated =
    "ALTER TABLE playerbot ADD COLUMN extra INT DEFAULT 0; INSERT INTO updates VALUES ('2');"
    "INSERT INTO playerbot(name) VALUES ('since'); CREATE TABLE playerbot_new(a);";

class SqliteKilled : public DatabaseTest {
 protected:
  // Runs the named disabled test in another process, in this test's folder.
  Finished run_child(const std::string& name, const std::string& fail_point) {
    Command command;
    command.argv = {"/proc/self/exe", "--gtest_filter=SqliteKilled.Child" + name};
    command.set = {{"DATABASE_TEST_FOLDER", folder_.string()},
                   {"GIT_ROLLBACK_FAIL_POINT_LOG", (folder_ / "points").string()},
                   {"GIT_ROLLBACK_FAIL_POINT", fail_point.empty() ? "none" : fail_point}};
    command.own_group = true;
    return rollback::run(command);
  }
  std::vector<std::string> fail_points() {
    std::ifstream file((folder_ / "points").string());
    std::vector<std::string> names;
    for (std::string line; std::getline(file, line);) names.push_back(line);
    file.close();
    boost::filesystem::remove(folder_ / "points");
    return names;
  }
  void start_again(bool wal) {
    for (const char* const suffix : {"", "-wal", "-shm", "-journal"}) {
      boost::filesystem::remove(folder_ / ("world.db" + std::string(suffix)));
    }
    if (wal) use_wal();
    run(rows);
  }
  void adopt_parents_folder() {
    if (const char* const folder = getenv("DATABASE_TEST_FOLDER")) folder_ = folder;
    adopted_ = getenv("DATABASE_TEST_FOLDER") != nullptr;
  }
  void TearDown() override {
    if (adopted_) folder_ = "/nonexistent";
  }

  bool adopted_ = false;
};

// What the children run; tests/CMakeLists.txt keeps them out of ctest.
TEST_F(SqliteKilled, ChildCapture) {
  adopt_parents_folder();
  if (adopted_) capture();
}

TEST_F(SqliteKilled, ChildGoBack) {
  adopt_parents_folder();
  if (!adopted_) return;
  const Point point = parse_point_message(read_file(folder_ / "point"));
  const std::string prepared = part()->prepare(to(point));
  write_file(folder_ / "prepared", prepared);
  part()->steps(prepared).swap[0]->apply();
  PointDraft left;
  left.point.id = left_;
  part()->leave(prepared, left);
  part()->settle(prepared);
}

TEST_F(SqliteKilled, ChildRevert) {
  adopt_parents_folder();
  if (!adopted_) return;
  part()->steps(read_file(folder_ / "prepared")).swap[0]->revert();
  part()->discard(operation_);
}

TEST_F(SqliteKilled, ACaptureIsCleanedUpByTheNextOne) {
  for (const bool wal : {false, true}) {
    start_again(wal);
    ASSERT_EQ(run_child("Capture", "").status, 0);
    for (const auto& name : fail_points()) {
      start_again(wal);
      const std::string before = dump();
      EXPECT_NE(run_child("Capture", name).status, 0) << name;
      capture("20261123T100000Z-4f2a91c-2");
      EXPECT_EQ(value("SELECT count(*) FROM git_rollback_backups WHERE state='copying'"), "0");
      EXPECT_EQ(value("SELECT count(*) FROM sqlite_schema WHERE name GLOB '*_backup_*'"),
                value("SELECT count(*) FROM git_rollback_backups WHERE backup <> ''"))
          << name;
      EXPECT_EQ(dump(), before) << name;
      expect_sound();
      fail_points();
    }
  }
}

TEST_F(SqliteKilled, ARollbackIsWhollyBeforeOrWhollyAfterAndGoesEitherWay) {
  for (const bool wal : {false, true}) {
    start_again(wal);
    const std::string then = dump();
    Point point = capture();
    point.environment = "production";
    write_file(folder_ / "point", format_point_message(point));
    run(migrated);
    const std::string now = dump();
    const std::string file_now = read_file(folder_ / "world.db");
    const Finished whole = run_child("GoBack", "");
    ASSERT_EQ(whole.status, 0) << whole.out;
    const std::string kept = dump();
    const auto names = fail_points();
    EXPECT_GT(names.size(), 7U);
    for (const auto& name : names) {
      for (const char* const suffix : {"-wal", "-shm", "-journal"}) {
        boost::filesystem::remove(folder_ / ("world.db" + std::string(suffix)));
      }
      boost::filesystem::remove(folder_ / "prepared");
      write_file(folder_ / "world.db", file_now);
      EXPECT_NE(run_child("GoBack", name).status, 0) << name;
      expect_sound();
      const std::string found = dump();
      EXPECT_TRUE(found == now || found == kept) << name << "\n" << found;
      if (const auto prepared = read_file_if_there(folder_ / "prepared")) {
        auto step = std::move(part()->steps(*prepared).swap[0]);
        EXPECT_EQ(step->observe().what, found == now ? Observation::before : Observation::after);
        step->apply();
        finish(*prepared);
        EXPECT_EQ(dump(), kept) << name;
      } else {
        part()->discard(operation_);
        EXPECT_EQ(dump(), now) << name;
        EXPECT_EQ(count_of_ours("*_in_2*") + count_of_ours("git_rollback_2*"), 0) << name;
      }
      fail_points();
    }
    boost::filesystem::remove(folder_ / "point");
    boost::filesystem::remove(folder_ / "prepared");
  }
}

TEST_F(SqliteKilled, ARevertIsTakenUpAgain) {
  start_again(true);
  const Point point = capture();
  run(migrated);
  const std::string now = dump();
  std::vector<std::string> names;
  for (size_t i = 0; i <= names.size(); ++i) {
    const std::string prepared = part()->prepare(to(point));
    write_file(folder_ / "prepared", prepared);
    part()->steps(prepared).swap[0]->apply();
    EXPECT_EQ(run_child("Revert", i == 0 ? "" : names[i - 1]).status != 0, i > 0);
    if (i == 0) names = fail_points();
    part()->steps(prepared).swap[0]->revert();
    part()->discard(operation_);
    EXPECT_EQ(dump(), now);
    expect_sound();
  }
  EXPECT_GT(names.size(), 2U);
}

}  // namespace
}  // namespace rollback
