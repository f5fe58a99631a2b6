// Writers that go on through rollback after rollback, and keep a log of what the
// server acknowledged: every row of it must be found again.
#include <atomic>
#include <cstdlib>
#include <set>
#include <thread>

#include "mysql_part_fixture.h"

namespace rollback::mysql {
namespace {

// What the server said yes to.
struct Acknowledged {
  std::vector<std::int64_t> inserted;  // ids in playerbot, less those taken away since
  std::vector<std::int64_t> added;     // to the gold of each of 20 players
  std::int64_t lost = 0;               // of those taken away: were not there
  std::int64_t failed = 0;
  std::string first_failure = {};
};

class MysqlNoLostRows : public MysqlPartTest {
 protected:
  static constexpr int writers = 3;
  static constexpr int players = 20;
  // Where every row must be live, a writer takes its older ones away again, so that
  // many rounds stay quick.
  static constexpr std::int64_t kept = 5'000;

  void begin() {
    settings_.ledger = {};
    run("CREATE TABLE playerbot(id BIGINT PRIMARY KEY, name VARCHAR(20) NOT NULL, KEY(name));"
        "CREATE TABLE playerbot_gold(id INT PRIMARY KEY, gold BIGINT NOT NULL DEFAULT 0);");
    for (int i = 0; i < players; ++i) {
      run("INSERT INTO playerbot_gold(id) VALUES (" + std::to_string(i) + ")");
    }
  }

  void write(int writer, Acknowledged& log) {
    Session session = open();
    log.added.resize(players);
    for (std::int64_t i = 1; !over_; ++i) {
      const std::int64_t id = i * writers + writer;
      const std::int64_t player = i % players;
      try {
        session.run("INSERT INTO playerbot(id, name) VALUES (" + std::to_string(id) + ", 'w')");
        log.inserted.push_back(id);
        session.run("UPDATE playerbot_gold SET gold = gold + 1 WHERE id = " +
                    std::to_string(player));
        ++log.added[static_cast<size_t>(player)];
        if (taking_away_ && i % kept == 0) take_away(session, writer, id - kept * writers, log);
      } catch (const ServerError& error) {
        if (log.failed++ == 0) log.first_failure = error.what();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // All that was acknowledged must be there to be taken away, and is counted as lost
  // where it is not. (keep_new may have brought back more, which goes too.)
  static void take_away(Session& session, int writer, std::int64_t last, Acknowledged& log) {
    const auto acknowledged =
        std::erase_if(log.inserted, [&](std::int64_t id) { return id <= last; });
    const auto there =
        session.run("DELETE FROM playerbot WHERE id <= " + std::to_string(last) + " AND MOD(id, " +
                    std::to_string(writers) + ") = " + std::to_string(writer));
    log.lost += std::max<std::int64_t>(0, static_cast<std::int64_t>(acknowledged) - there);
  }

  void start_writers() {
    logs_.resize(writers);
    for (int i = 0; i < writers; ++i) {
      threads_.emplace_back([this, i] { write(i, logs_[static_cast<size_t>(i)]); });
    }
  }
  void TearDown() override { stop_writers(); }
  void stop_writers() {
    over_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  // One deploy with a migration, and its rollback.
  void round(int number, Rows rows) {
    const std::string time =
        "T10" + std::to_string(10 + number / 50) + std::to_string(10 + number % 50) + "Z-";
    operation_ = "20261124" + time + "aaaaaaa";
    left_ = "20261125" + time + "4f2a91c";
    SCOPED_TRACE("round " + std::to_string(number));
    const Point point = capture("20261123" + time + "4f2a91c");
    run("ALTER TABLE playerbot ADD COLUMN guild INT NOT NULL DEFAULT 0;"
        "ALTER TABLE playerbot_gold ADD COLUMN silver INT NOT NULL DEFAULT 0");
    // The gold is always today's.
    settings_.rows = {rows, {{"playerbot_gold", Rows::keep_all}}};
    go_back(to(point, {}, 1'000'000));
  }

  std::set<std::int64_t> ids_in(const std::string& like) {
    Session session = open();
    std::set<std::int64_t> ids;
    for (const Row& table : session.rows("SELECT table_name FROM information_schema.tables WHERE"
                                         " table_schema = 'world' AND table_name LIKE " +
                                         literal(like))) {
      for (const Row& row : session.rows("SELECT id FROM " + identifier(*table[0]))) {
        ids.insert(std::stoll(*row[0]));
      }
    }
    return ids;
  }

  void expect_all_in(const std::set<std::int64_t>& found) {
    for (const auto& log : logs_) {
      size_t lost = 0;
      for (const auto id : log.inserted) lost += found.count(id) == 0 ? 1U : 0U;
      EXPECT_EQ(lost, 0U) << "of " << log.inserted.size();
      EXPECT_EQ(log.lost, 0);
      EXPECT_GT(log.inserted.size(), 0U);
      EXPECT_EQ(log.failed, 0) << log.first_failure;
    }
  }

  void expect_all_gold() {
    Session session = open();
    for (size_t player = 0; player < players; ++player) {
      std::int64_t added = 0;
      for (const auto& log : logs_) added += log.added[player];
      EXPECT_EQ(
          session.number("SELECT gold FROM playerbot_gold WHERE id = " + std::to_string(player)),
          added);
    }
  }

  // GIT_ROLLBACK_ROUNDS=200 for a long run.
  static int rounds() {
    const char* set = std::getenv("GIT_ROLLBACK_ROUNDS");
    return set == nullptr ? 4 : std::atoi(set);
  }

  bool taking_away_ = false;
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
  std::vector<Acknowledged> logs_;
};

TEST_F(MysqlNoLostRows, KeepAllAndKeepNewHaveEveryAcknowledgedRowLive) {
  begin();
  taking_away_ = true;
  start_writers();
  for (int i = 0; i < rounds(); ++i) round(i, i % 2 == 0 ? Rows::keep_all : Rows::keep_new);
  stop_writers();
  expect_all_in(ids_in("playerbot"));
  expect_all_gold();
}

TEST_F(MysqlNoLostRows, RestoreHasEveryAcknowledgedRowLiveOrDisplacedOrAside) {
  begin();
  start_writers();
  for (int i = 0; i < rounds(); ++i) round(i, Rows::restore);
  stop_writers();
  auto found = ids_in("playerbot");
  found.merge(ids_in("playerbot\\_out\\_%"));
  found.merge(ids_in("playerbot\\_aside\\_%"));
  expect_all_in(found);
  expect_all_gold();
}

}  // namespace
}  // namespace rollback::mysql
