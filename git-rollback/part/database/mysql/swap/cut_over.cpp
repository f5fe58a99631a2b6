#include "part/database/mysql/swap/cut_over.h"

#include <optional>
#include <set>

#include "os/fail_point.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/swap/queue.h"

namespace rollback::mysql {
namespace {

using std::chrono::seconds;

// Logs are locked with the tables whose triggers write to them. On MariaDB they must
// not be named: their lock would be taken first, a statement that holds its table
// and waits for the log is sent back by that, and finds the new table with the
// list of tables that the old one's triggers write to: error 1146.
std::string lock_statement(const CutOver& what, bool with_logs) {
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
  if (with_logs) add(what.logs, " WRITE");
  return "LOCK TABLES " + list;
}

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
  bool worked = false;
  const auto once = [&](seconds wait) {
    std::optional<Queue> queue;  // logs in before anybody has to wait
    if (session.flavour().mariadb) queue.emplace(place, what.contended, what.renames, what.held);
    session.set_lock_wait(wait);
    TableLock lock(session, lock_statement(what, !session.flavour().mariadb));
    session.set_lock_wait(default_deadline);
    worked = true;
    what.work();
    fail_point("database cut-over: worked");
    if (queue) {
      queue->line_up(session);
      fail_point("database cut-over: queued");
      lock.release();
      queue->let_through(session);
    } else {
      session.run(rename_statement(what.renames));
      lock.release();
    }
    fail_point("database cut-over: renamed");
  };
  try {
    trying_for_a_lock(session, what.contended, deadline, once);
    session.set_lock_wait(default_deadline);
  } catch (const std::exception&) {
    session.set_lock_wait(default_deadline);
    if (worked) what.take_back();
    throw;
  }
}

}  // namespace rollback::mysql
