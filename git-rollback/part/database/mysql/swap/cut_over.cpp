#include "part/database/mysql/swap/cut_over.h"

#include <algorithm>
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
std::string lock_statement(const std::vector<CutOver::Cut>& cuts, bool with_logs) {
  std::set<TableName> named;
  std::string list;
  for (const CutOver::Cut& cut : cuts) {
    const auto add = [&](const std::vector<std::string>& tables, const char* how) {
      for (const auto& table : tables) {
        const TableName name{cut.schema, table};
        if (!named.insert(name).second) continue;
        list += (list.empty() ? "" : ", ") + identifier(name) + how;
      }
    };
    add(cut.contended, " WRITE");
    add(cut.written, " WRITE");
    add(cut.read, " READ");
    if (with_logs) add(cut.logs, " WRITE");
  }
  return "LOCK TABLES " + list;
}

// What cannot be taken back now is by the step's way back.
void take_back(const CutOver::Cut& cut) {
  try {
    cut.take_back();
  } catch (const std::exception&) {
    return;
  }
}

Queue::Renames renames_of(const std::vector<CutOver::Cut>& cuts) {
  Queue::Renames all;
  for (const CutOver::Cut& cut : cuts) {
    for (const auto& [from, to] : cut.renames) {
      all.push_back({{cut.schema, from}, {cut.schema, to}});
    }
  }
  return all;
}

}  // namespace

CutOver::CutOver(const Place& place, Session& session, std::vector<Cut> cuts)
    : place_(place), session_(session), cuts_(std::move(cuts)) {
  for (const Cut& cut : cuts_) {
    for (const auto& table : cut.contended) contended_.push_back({cut.schema, table});
  }
  if (session.flavour().mariadb) open_queue();
}

CutOver::~CutOver() = default;

bool CutOver::has_its_sessions() {
  if (queue_) return queue_->has_its_sessions(session_);
  return session_.number("SELECT 1") == 1;
}

void CutOver::open_queue() {
  TableName held;
  for (const Cut& cut : cuts_) held = std::max(held, TableName{cut.schema, cut.held});
  queue_ = std::make_unique<Queue>(place_, contended_, renames_of(cuts_), held);
}

void CutOver::run(seconds deadline) {
  try {
    trying_for_a_lock(session_, contended_, deadline, [&](seconds wait) {
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
    if (worked_) {
      for (const Cut& cut : cuts_) take_back(cut);
    }
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
    session_.run(lock_statement(cuts_, !mariadb));
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
  if (queue_) queue_->post_guards();
  for (const Cut& cut : cuts_) cut.work();
  fail_point("database cut-over: worked");
  if (queue_) {
    queue_->line_up(session_);
    fail_point("database cut-over: queued");
    lock.release();
    queue_->let_through(session_);
  } else {
    session_.run(rename_statement(renames_of(cuts_)));
    lock.release();
  }
  fail_point("database cut-over: renamed");
}

}  // namespace rollback::mysql
