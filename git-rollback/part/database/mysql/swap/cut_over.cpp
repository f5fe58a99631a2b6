#include "part/database/mysql/swap/cut_over.h"

#include <set>

#include "os/fail_point.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/server/table_lock.h"
#include "part/database/mysql/swap/queue.h"

namespace rollback::mysql {
namespace {

using std::chrono::seconds;

constexpr int statement_timeout = 1969;
constexpr int lock_timeout = 1205;

// Logs are locked with the tables whose triggers write to them. On MariaDB they must
// not be named: their lock would be taken first, a statement that holds its table
// and waits for the log is sent back by that, and finds the new table with the
// list of tables that the old one's triggers write to: error 1146.
std::string lock_statement(const CutOver::Cut& what, bool with_logs) {
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

}  // namespace

CutOver::CutOver(const Place& place, Session& session, Cut cut)
    : place_(place), session_(session), cut_(std::move(cut)) {
  if (session.flavour().mariadb) open_queue();
}

CutOver::~CutOver() = default;

void CutOver::require_sessions() {
  session_.number("SELECT 1");
  if (queue_) queue_->require_sessions();
}

void CutOver::open_queue() {
  queue_ = std::make_unique<Queue>(place_, cut_.contended, cut_.renames, cut_.held);
}

void CutOver::run(seconds deadline) {
  try {
    trying_for_a_lock(session_, cut_.contended, deadline, [&](seconds wait) {
      try {
        once(wait);
      } catch (const std::exception&) {
        if (queue_ && queue_->is_used()) queue_.reset();  // the lock is given up already
        throw;
      }
    });
    session_.set_lock_wait(default_deadline);
  } catch (const std::exception&) {
    session_.set_lock_wait(default_deadline);
    if (worked_) cut_.take_back();
    throw;
  }
}

// Tables that are always in use are not to be had at once: a moment is enough for
// what runs to end, and nobody behind us notices it.
void CutOver::lock_tables(seconds wait) {
  const bool mariadb = session_.flavour().mariadb;
  const bool a_moment = mariadb && wait == seconds(0);
  session_.set_lock_wait(a_moment ? seconds(1) : wait);
  if (a_moment) session_.run("SET SESSION max_statement_time = 0.05");
  const auto back = [&] {
    if (a_moment) session_.run("SET SESSION max_statement_time = 0");
  };
  try {
    session_.run(lock_statement(cut_, !mariadb));
  } catch (const ServerError& error) {
    back();
    if (error.code() != statement_timeout) throw;
    throw ServerError({lock_timeout, error.state(), error.what()});
  }
  back();
  session_.set_lock_wait(default_deadline);
}

void CutOver::once(seconds wait) {
  if (session_.flavour().mariadb && !queue_) open_queue();
  TableLock lock(session_, [&] { lock_tables(wait); });
  worked_ = true;
  cut_.work();
  fail_point("database cut-over: worked");
  if (queue_) {
    queue_->line_up(session_);
    fail_point("database cut-over: queued");
    lock.release();
    queue_->let_through(session_);
  } else {
    session_.run(rename_statement(cut_.renames));
    lock.release();
  }
  fail_point("database cut-over: renamed");
}

}  // namespace rollback::mysql
