// Writers that note each write which the server acknowledged, while tables are
// swapped under them, there and back: none fails, and no write is lost.
#include <atomic>
#include <thread>

#include "mysql_swap_fixture.h"

namespace rollback::mysql {
namespace {

constexpr int writers_count = 4;

struct Writer {
  std::vector<std::string> inserted;
  std::vector<std::string> deleted;
  std::int64_t counter = 0;  // acknowledged, of its own row
  std::int64_t longest_ms = 0;
  std::string error;
};

class MysqlSwapLoad : public MysqlSwapTest {
 protected:
  void tables() {
    server().sql(
        "CREATE TABLE bot(id INT PRIMARY KEY, v INT NOT NULL, name VARCHAR(40)) ENGINE=InnoDB;"
        "CREATE TABLE item(id VARCHAR(30) PRIMARY KEY, v INT) ENGINE=InnoDB;"
        "CREATE TABLE zone(id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(30) UNIQUE);"
        "CREATE TABLE total(n INT NOT NULL); INSERT INTO total VALUES (0);"
        "CREATE TRIGGER counts AFTER INSERT ON item FOR EACH ROW UPDATE total SET n = n + 1;"
        "INSERT INTO bot SELECT seq, 0, 'x' FROM " +
        numbers(2000));
    point({"bot", "item", "zone"});
    server().sql("ALTER TABLE bot ADD COLUMN extra INT DEFAULT 1; ALTER TABLE zone ADD more INT");
  }

  void write(int number, Writer& writer) {
    Session session = open();
    const std::string own = std::to_string(number + 1);
    const auto timed = [&](const std::string& sql) {
      const auto start = std::chrono::steady_clock::now();
      session.run(sql);
      const auto took = std::chrono::steady_clock::now() - start;
      writer.longest_ms = std::max<std::int64_t>(
          writer.longest_ms, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    };
    for (int i = 0; !done_; ++i) {
      const std::string id = own + "_" + std::to_string(i);
      try {
        timed("UPDATE bot SET v = v + 1 WHERE id = " + own);
        ++writer.counter;
        timed("INSERT INTO item VALUES ('" + id + "', 1)");
        writer.inserted.push_back(id);
        timed("INSERT INTO zone(who) VALUES ('" + id + "')");
        if (i % 4 == 3) {
          timed("DELETE FROM item WHERE id = '" + writer.inserted.back() + "'");
          writer.deleted.push_back(writer.inserted.back());
          writer.inserted.pop_back();
        }
      } catch (const ServerError& error) {
        writer.error = std::to_string(error.code()) + " " + error.what();
        return;
      }
    }
  }

  void expect_all(const Writer& writer, int number) {
    EXPECT_EQ(writer.error, "");
    EXPECT_GT(writer.inserted.size(), 10U);
    Session session = open();
    EXPECT_EQ(session.number("SELECT v FROM bot WHERE id = " + std::to_string(number + 1)),
              writer.counter);
    std::string list;
    for (const auto& id : writer.inserted) list += (list.empty() ? "'" : ", '") + id + "'";
    EXPECT_EQ(session.number("SELECT count(*) FROM item WHERE id IN (" + list + ")"),
              static_cast<std::int64_t>(writer.inserted.size()));
    EXPECT_EQ(session.number("SELECT count(*) FROM zone WHERE who IN (" + list + ")"),
              static_cast<std::int64_t>(writer.inserted.size()));
    EXPECT_EQ(session.number("SELECT count(*) FROM item WHERE id LIKE '" +
                             std::to_string(number + 1) + "\\_%'"),
              static_cast<std::int64_t>(writer.inserted.size()));
  }

  std::atomic<bool> done_{false};
};

TEST_F(MysqlSwapLoad, LosesNothingThereAndBackManyTimes) {
  tables();
  std::vector<Writer> written(writers_count);
  std::vector<std::thread> threads;
  for (int i = 0; i < writers_count; ++i) {
    threads.emplace_back([&, i] { write(i, written[static_cast<size_t>(i)]); });
  }
  const Plan plan =
      prepare({{"bot", Choice::keep_all}, {"item", Choice::keep_all}, {"zone", Choice::keep_all}});
  try {
    for (int round = 0; round < 8; ++round) {
      step(plan)->apply();
      EXPECT_EQ(seen(plan), Observation::after) << detail_;
      if (round % 2 == 1) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      step(plan)->revert();
      EXPECT_EQ(seen(plan), Observation::before) << detail_;
    }
    step(plan)->apply();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  done_ = true;
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < writers_count; ++i) {
    SCOPED_TRACE(i);
    const Writer& writer = written[static_cast<size_t>(i)];
    expect_all(writer, i);
    std::cout << "writer " << i << ": " << writer.inserted.size() << " rows, longest statement "
              << writer.longest_ms << " ms\n";
  }
  EXPECT_EQ(aside(plan), "");
}

}  // namespace
}  // namespace rollback::mysql
