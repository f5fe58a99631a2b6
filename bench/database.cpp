// What bench/database.sh times and loads a server with:
//
//   database writers SOCKET THREADS TABLE...   until standard input ends; prints
//       writes a second, the longest stall in ms, and how many failed
//   database backup SOCKET TABLE...            capture(), in ms
//   database rename SOCKET TABLE...            copies of the tables put in their place
//       by one bare RENAME TABLE, in ms
//   database rename_with_triggers SOCKET TABLE...   the same where each has three
//   database swap SOCKET TABLE...              one rollback of tables that were
//       altered since their backup: prepare() and the swap alone, in ms
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "part/database/database_part.h"
#include "part/database/mysql/server/session.h"

namespace {

using namespace rollback;
using Clock = std::chrono::steady_clock;

constexpr const char* database = "bench";

double ms_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

mysql::Session open(const std::string& socket) {
  mysql::Endpoint endpoint;
  endpoint.socket = socket;
  endpoint.user = "root";
  endpoint.database = database;
  return mysql::Session(endpoint);
}

struct Written {
  std::int64_t writes = 0, failed = 0;
  double longest_ms = 0;
};

Written write_until(const std::string& socket, const std::vector<std::string>& tables,
                    unsigned seed, const std::atomic<bool>& over) {
  Written written;
  mysql::Session session = open(socket);
  std::vector<std::int64_t> rows;
  for (const auto& table : tables) {
    rows.push_back(session.number("SELECT max(id) FROM " + mysql::identifier(table)));
  }
  std::mt19937_64 random(seed);
  while (!over) {
    const size_t which = random() % tables.size();
    const auto id =
        1 + static_cast<std::int64_t>(random() % static_cast<unsigned long>(rows[which]));
    const auto began = Clock::now();
    try {
      session.run("UPDATE " + mysql::identifier(tables[which]) + " SET level = level + 1, gold = " +
                  std::to_string(random() % 100000) + " WHERE id = " + std::to_string(id));
      ++written.writes;
    } catch (const mysql::ServerError& error) {
      if (++written.failed == 1) std::fprintf(stderr, "a write failed: %s\n", error.what());
    }
    written.longest_ms = std::max(written.longest_ms, ms_since(began));
  }
  return written;
}

int run_writers(const std::string& socket, int threads, const std::vector<std::string>& tables) {
  std::atomic<bool> over{false};
  std::vector<Written> each(static_cast<size_t>(threads));
  std::vector<std::thread> running;
  const auto began = Clock::now();
  for (size_t i = 0; i < each.size(); ++i) {
    running.emplace_back(
        [&, i] { each[i] = write_until(socket, tables, static_cast<unsigned>(i) + 1, over); });
  }
  char nothing = 0;
  while (read(STDIN_FILENO, &nothing, 1) > 0) {
  }
  over = true;
  for (auto& thread : running) thread.join();
  Written all;
  for (const auto& one : each) {
    all.writes += one.writes;
    all.failed += one.failed;
    all.longest_ms = std::max(all.longest_ms, one.longest_ms);
  }
  std::printf("%.0f %.1f %lld\n", static_cast<double>(all.writes) * 1000 / ms_since(began),
              all.longest_ms, static_cast<long long>(all.failed));
  return 0;
}

std::unique_ptr<Part> part_of(const std::string& socket, const std::vector<std::string>& tables) {
  DatabaseSettings settings;
  settings.url = "mysql://root@localhost/" + std::string(database) + "?socket=" + socket;
  settings.tables = tables;
  settings.backup = {BackupMode::full};
  return make_database_part("bench", {settings}, "/", Git());
}

Point backup(const std::string& socket, const std::vector<std::string>& tables) {
  PointDraft draft;
  draft.point.id = "20261127T" + std::to_string(100000 + getpid() % 100000) + "Z-4f2a91c";
  draft.point.parts["bench"].insert(Kind::database);
  part_of(socket, tables)->capture(draft);
  return draft.point;
}

int run_backup(const std::string& socket, const std::vector<std::string>& tables) {
  const auto began = Clock::now();
  backup(socket, tables);
  std::printf("%.0f\n", ms_since(began));
  return 0;
}

// As a swap has them: the server rewrites their files when it renames the table.
void add_triggers(mysql::Session& session, const std::string& table) {
  const std::string log = mysql::identifier(table + "_log");
  session.run("CREATE TABLE " + log + " (k INT)");
  for (const char* const event : {"INSERT", "UPDATE", "DELETE"}) {
    session.run("CREATE TRIGGER " + mysql::identifier(table + "_" + event) + " AFTER " + event +
                " ON " + mysql::identifier(table) + " FOR EACH ROW INSERT INTO " + log +
                " VALUES (1)");
  }
}

// Copies in place of the tables, by nothing but RENAME TABLE.
int run_rename(const std::string& socket, const std::vector<std::string>& tables, bool triggers) {
  mysql::Session session = open(socket);
  std::string list;
  for (const auto& table : tables) {
    const std::string copy = mysql::identifier(table + "_new");
    session.run("CREATE TABLE " + copy + " LIKE " + mysql::identifier(table));
    session.run("INSERT INTO " + copy + " SELECT * FROM " + mysql::identifier(table));
    list += (list.empty() ? "" : ", ") + mysql::identifier(table) + " TO " +
            mysql::identifier(table + "_old") + ", " + copy + " TO " + mysql::identifier(table);
    if (!triggers) continue;
    add_triggers(session, table);
    add_triggers(session, table + "_new");
  }
  const auto began = Clock::now();
  session.run("RENAME TABLE " + list);
  std::printf("%.1f\n", ms_since(began));
  return 0;
}

int run_swap(const std::string& socket, const std::vector<std::string>& tables) {
  const Point point = backup(socket, tables);
  mysql::Session session = open(socket);
  for (const auto& table : tables) {
    session.run("ALTER TABLE " + mysql::identifier(table) +
                " ADD COLUMN guild INT DEFAULT 0, ADD KEY (guild)");  // not in place
  }
  Request request;
  request.operation = point.id.substr(0, 17) + "aaaaaaa";
  request.target = point;
  request.rows = Rows::keep_all;
  const auto part = part_of(socket, tables);
  auto began = Clock::now();
  const std::string prepared = part->prepare(request);
  const double prepare_ms = ms_since(began);
  const Steps steps = part->steps(prepared);
  for (const auto& step : steps.swap) step->get_ready();
  began = Clock::now();
  for (const auto& step : steps.swap) {  // as the executor does
    step->observe();
    step->apply();
    step->observe();
  }
  const double swap_ms = ms_since(began);
  part->settle(prepared);
  std::printf("%.0f %.1f\n", prepare_ms, swap_ms);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 4 && words[0] == "writers") {
    return run_writers(words[1], std::atoi(words[2].c_str()), {words.begin() + 3, words.end()});
  }
  if (words.size() >= 3 && words[0] == "backup") {
    return run_backup(words[1], {words.begin() + 2, words.end()});
  }
  if (words.size() >= 3 && words[0].starts_with("rename")) {
    return run_rename(words[1], {words.begin() + 2, words.end()},
                      words[0] == "rename_with_triggers");
  }
  if (words.size() >= 3 && words[0] == "swap") {
    return run_swap(words[1], {words.begin() + 2, words.end()});
  }
  std::fprintf(
      stderr,
      "usage: database (writers SOCKET THREADS | backup SOCKET | rename[_with_triggers] SOCKET |"
      " swap SOCKET)"
      " TABLE...\n");
  return 129;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fatal: %s\n", error.what());
  return 128;
}
