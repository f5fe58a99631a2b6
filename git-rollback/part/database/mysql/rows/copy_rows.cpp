#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "os/fail_point.h"
#include "os/progress.h"
#include "part/database/mysql/rows/rows.h"

namespace rollback::mysql {
namespace {

constexpr std::int64_t bytes_in_batch = 1 << 20;
constexpr size_t batches_in_queue = 4;
constexpr int data_truncated = 1265;
constexpr int tries_after_deadlock = 5;
// Of the time that a statement took, where it gives way: on two cores and under four
// writers, these keep 0.6 of their throughput and more (bench/database.sh).
constexpr double pause_for_others = 0.5;

// Statements on their way from the one who reads to those who write.
class Queue {
 public:
  // Waits for room; throws what a writer failed by.
  void push(std::string statement) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return statements_.size() < batches_in_queue || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    statements_.push_back(std::move(statement));
    changed_.notify_all();
  }

  // Nothing: there are no more.
  std::optional<std::string> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !statements_.empty() || ended_ || failure_; });
    if (statements_.empty() || failure_) return std::nullopt;
    std::string statement = std::move(statements_.front());
    statements_.pop_front();
    changed_.notify_all();
    return statement;
  }

  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  // After all writers are gone.
  void require_success() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> statements_;
  std::exception_ptr failure_;
  bool ended_ = false;
};

// An ENUM's value '' by number 0, which comes from a mistake long ago, is
// refused in strict mode. All else in the batch is exact in either mode.
void insert_without_strictness(Session& writer, const std::string& statement) {
  writer.run("SET SESSION sql_mode = REPLACE(@@sql_mode, 'STRICT_ALL_TABLES', '')");
  writer.run(statement);
  writer.run("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')");
}

void try_insert(Session& writer, const std::string& statement) {
  for (int i = 1;; ++i) {
    try {
      writer.run(statement);
      return;
    } catch (const ServerError& error) {
      if (error.code() == data_truncated) return insert_without_strictness(writer, statement);
      if (!error.is_lock_timeout() || i == tries_after_deadlock) throw;
    }
  }
}

void insert(Session& writer, const std::string& statement, const Copy& copy) {
  const auto start = std::chrono::steady_clock::now();
  try_insert(writer, statement);
  if (!copy.gives_way || !copy.gives_way()) return;
  std::this_thread::sleep_for((std::chrono::steady_clock::now() - start) * pause_for_others);
}

// Threads that write what stands in the queue; they end with it.
class Writers {
 public:
  Writers(std::span<Session> sessions, const Copy& copy, Queue& queue) : queue_(queue) {
    for (Session& session : sessions) {
      if (session.flavour().mariadb) session.run("SET SESSION check_constraint_checks = 0");
    }
    for (Session& session : sessions) {
      threads_.emplace_back([&session, &copy, &queue] {
        try {
          while (const auto statement = queue.pop()) insert(session, *statement, copy);
        } catch (...) {
          queue.fail(std::current_exception());
        }
      });
    }
  }
  ~Writers() { join(); }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  void join() {
    queue_.end();
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  Queue& queue_;
  std::vector<std::thread> threads_;
};

class Batch {
 public:
  Batch(std::string table, std::string insert, std::int64_t limit)
      : table_(std::move(table)), insert_(std::move(insert)), limit_(static_cast<size_t>(limit)) {}

  // True when it is worth a statement.
  bool add(const std::string& row) {
    if (insert_.size() + row.size() + 1 >= limit_) refuse_long_row(table_);
    text_ += (text_.empty() ? insert_ : ",") + row;
    return text_.size() >= bytes_in_batch;
  }
  bool has_room_for(const std::string& row) const {
    return text_.empty() || text_.size() + row.size() + 2 < limit_;
  }
  bool empty() const { return text_.empty(); }
  std::string take() {
    std::string text;
    text.reserve(text_.capacity());
    text.swap(text_);
    return text;
  }

 private:
  std::string table_, insert_, text_;
  size_t limit_;
};

class RowCopy {
 public:
  RowCopy(Session& reader, Session& writer, const Copy& copy, Queue& queue)
      : reader_(reader),
        copy_(copy),
        queue_(queue),
        batch_(copy.definition.name, insert_into(copy.definition, copy.to),
               writer.number("SELECT @@max_allowed_packet")) {}

  Hashed run() {
    reader_.stream(select_texts(copy_.definition, copy_.from), [&](const Row& row) {
      if (!row[0]) refuse_long_row(copy_.definition.name);
      hash_.add(*row[0]);
      if (!batch_.has_room_for(*row[0])) send();
      if (batch_.add(*row[0])) send();
      passed(Unit::rows);
    });
    if (!batch_.empty()) send();
    return hash_.finish();
  }

 private:
  void send() {
    queue_.push(batch_.take());
    fail_point("database batch");
    if (copy_.between) copy_.between(hash_.so_far());
  }

  Session& reader_;
  const Copy& copy_;
  Queue& queue_;
  RowHash hash_;
  Batch batch_;
};

// Else the rows that nobody wants any more would be waited for.
void stop_reading(Session& writer, const Session& reader) {
  try {
    writer.run("KILL QUERY " + std::to_string(reader.id()));
  } catch (const std::exception&) {  // then it ends by itself
  }
}

}  // namespace

Hashed copy_rows(Session& reader, std::span<Session> writers, const Copy& copy) {
  Queue queue;
  Hashed hashed;
  RowCopy rows(reader, writers.front(), copy, queue);
  Writers threads(writers, copy, queue);
  try {
    hashed = rows.run();
  } catch (...) {
    queue.fail(std::current_exception());
    threads.join();
    stop_reading(writers.front(), reader);
    throw;
  }
  threads.join();
  queue.require_success();
  return hashed;
}

}  // namespace rollback::mysql
