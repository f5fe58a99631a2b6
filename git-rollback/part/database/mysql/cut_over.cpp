#include "part/database/mysql/cut_over.h"

#include <atomic>
#include <exception>
#include <optional>
#include <set>
#include <thread>

#include "os/fail_point.h"
#include "part/database/mysql/lock_wait.h"

namespace rollback::mysql {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string lock_statement(const CutOver& what) {
  std::set<std::string> named;
  std::string list;
  const auto add = [&](const std::vector<std::string>& tables, const char* how) {
    for (const auto& table : tables) {
      if (!named.insert(table).second) continue;
      list += (list.empty() ? "" : ", ") + identifier(table) + how;
    }
  };
  add(what.contended, " WRITE");
  add(what.written, " WRITE");
  add(what.read, " READ");
  return "LOCK TABLES " + list;
}

std::string rename_statement(const CutOver& what) {
  std::string list;
  for (const auto& [from, to] : what.renames) {
    list += (list.empty() ? "" : ", ") + identifier(from) + " TO " + identifier(to);
  }
  return "RENAME TABLE " + list;
}

// A RENAME TABLE in a session and a thread of its own.
class SecondSession {
 public:
  explicit SecondSession(const Place& place) : session_(open(place)) {}
  ~SecondSession() { join(); }
  SecondSession(const SecondSession&) = delete;
  SecondSession& operator=(const SecondSession&) = delete;

  void start(const std::string& statement, seconds wait) {
    session_.set_lock_wait(wait);
    done_ = false;
    error_ = nullptr;
    thread_ = std::thread([this, statement] {
      try {
        session_.run(statement);
      } catch (...) {
        error_ = std::current_exception();
      }
      done_ = true;
    });
  }

  // Until it stands in the queue for the tables, or has failed.
  void wait_until_queued(Session& observer) const {
    const std::string query =
        "SELECT count(*) FROM information_schema.processlist WHERE state LIKE"
        " 'Waiting for%lock' AND id = " +
        std::to_string(session_.id());
    while (!done_ && observer.number(query) == 0) std::this_thread::sleep_for(milliseconds(1));
  }

  void finish() {
    join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  Session session_;
  std::thread thread_;
  std::atomic<bool> done_{false};
  std::exception_ptr error_;
};

// Gives the lock up with its scope.
class TableLock {
 public:
  TableLock(Session& session, const std::string& statement) : session_(session) {
    session_.run(statement);
  }
  ~TableLock() {
    try {
      release();
    } catch (const std::exception&) {  // the connection is gone, and the lock with it
    }
  }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;
  void release() {
    if (held_) session_.run("UNLOCK TABLES");
    held_ = false;
  }

 private:
  Session& session_;
  bool held_ = true;
};

}  // namespace

void cut_over(const Place& place, Session& session, const CutOver& what, seconds deadline) {
  std::optional<SecondSession> second;  // logs in before anybody has to wait
  if (session.flavour().mariadb) second.emplace(place);
  bool worked = false;
  const auto once = [&](seconds wait) {
    session.set_lock_wait(wait);
    TableLock lock(session, lock_statement(what));
    session.set_lock_wait(default_deadline);
    worked = true;
    what.work();
    fail_point("database cut-over: worked");
    if (second) {
      second->start(rename_statement(what), seconds(1));
      second->wait_until_queued(session);
      fail_point("database cut-over: queued");
      lock.release();
      second->finish();
    } else {
      session.run(rename_statement(what));
      lock.release();
    }
    fail_point("database cut-over: renamed");
  };
  try {
    trying_for_a_lock(session, what.contended, deadline, once);
  } catch (const std::exception&) {
    session.set_lock_wait(default_deadline);
    if (worked) what.take_back();
    throw;
  }
}

}  // namespace rollback::mysql
