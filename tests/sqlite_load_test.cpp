// Readers and writers that go on while tables are backed up, built and swapped.
#include <atomic>
#include <thread>

#include "database_fixture.h"

namespace rollback {
namespace {

class SqliteUnderLoad : public BothJournals {};
INSTANTIATE_TEST_SUITE_P(Journal, SqliteUnderLoad, testing::Bool(),
                         [](const auto& mode) { return mode.param ? "Wal" : "Delete"; });

// Each answer must be that of one side, and none may be an error.
void read_until(const std::string& file, int timeout_ms, const std::atomic<bool>& stop,
                std::string& error, std::atomic<int>& reads) {
  try {
    SQLite::Database db(file, SQLite::OPEN_READWRITE, timeout_ms);
    while (!stop) {
      SQLite::Statement columns(db,
                                "SELECT (SELECT count(*) FROM pragma_table_info('playerbot')), "
                                "(SELECT count(*) FROM playerbot), (SELECT max(level) FROM "
                                "playerbot)");
      columns.executeStep();
      if (columns.getColumn(1).getInt() < 20000) error = "rows are missing";
      ++reads;
    }
  } catch (const std::exception& failure) {
    error = failure.what();
  }
}

TEST_P(SqliteUnderLoad, AReaderSeesOldOrNewAndNeverAnError) {
  run(bots);
  std::atomic<bool> stop = false;
  std::string error;
  std::atomic<int> reads = 0;
  std::jthread reader([&] { read_until(file(), GetParam() ? 0 : 20000, stop, error, reads); });
  // The first to open a WAL makes every other wait for a moment, whoever it is.
  while (reads == 0) std::this_thread::yield();
  Point point = capture();
  run("INSERT INTO playerbot(name) VALUES ('x')");
  run(later);
  Point left = go_back(to(point));
  next_operation();
  go_back(to(left));
  stop = true;
  reader.join();
  EXPECT_EQ(error, "");
  EXPECT_GT(reads, 3);
}

// Every row that was acknowledged is counted in `written`.
void write_until(const std::string& file, const std::atomic<bool>& stop, std::string& error,
                 int& written) {
  try {
    SQLite::Database db(file, SQLite::OPEN_READWRITE, 20000);
    while (!stop) {
      const std::string id = std::to_string(100000 + written);
      db.exec("INSERT INTO playerbot(id, name, level) VALUES (" + id + ", 'w" + id + "', 1)");
      db.exec("INSERT OR REPLACE INTO playerbot(id, name) VALUES (" + std::to_string(written + 10) +
              ", 'r" + id + "')");
      ++written;
    }
  } catch (const std::exception& failure) {
    error = failure.what();
  }
}

TEST_P(SqliteUnderLoad, AWriterThroughPrepareAndSwapLosesNoRow) {
  run(bots);
  const Point point = capture();
  run(later);
  run("INSERT INTO playerbot(id, name) VALUES (50000, 'before')");
  std::atomic<bool> stop = false;
  std::string error;
  int written = 0;
  std::jthread writer([&] { write_until(file(), stop, error, written); });
  const struct Stop {
    std::atomic<bool>& stop;
    ~Stop() { stop = true; }
  } at_the_end{stop};
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::string prepared = part()->prepare(to(point));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  part()->steps(prepared).swap[0]->apply();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  part()->steps(prepared).swap[0]->revert();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  part()->steps(prepared).swap[0]->apply();
  stop = true;
  writer.join();
  EXPECT_EQ(error, "");
  finish(prepared);
  EXPECT_GT(written, 3);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE id >= 100000"), std::to_string(written));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE name GLOB 'r*'"), std::to_string(written));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), std::to_string(20001 + written));
  expect_sound();
}

}  // namespace
}  // namespace rollback
