#include "part/database/mysql/swap/queue.h"

#include <algorithm>
#include <atomic>
#include <boost/algorithm/string/join.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <thread>

#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/server/lock_wait.h"

namespace rollback::mysql {
using boost::algorithm::join;
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr microseconds pause{100};
constexpr milliseconds surely_come{5};  // with nothing between but the waking of a thread
constexpr seconds patience{1};          // for what slipped in where there are no guards

// A name of the RENAME between two tables that it comes to one after the other.
std::optional<TableName> mark_between(const Queue::Renames& renames, const TableName& before,
                                      const TableName& after) {
  for (const auto& [from, to] : renames) {
    for (const auto& name : {from, to}) {
      if (before < name && name < after) return name;
    }
  }
  return std::nullopt;
}

// How many of these sessions wait for a table.
size_t count_waiting(Session& observer, const std::string& ids) {
  return static_cast<size_t>(observer.number(
      "SELECT count(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for%lock'"
      " AND id IN (" +
      ids + ")"));
}

}  // namespace

void wait_for_rename_of(Session& session, const std::string& table) {
  const std::string query =
      "SELECT count(*) FROM information_schema.processlist WHERE id <> connection_id()"
      " AND info LIKE 'RENAME TABLE%' AND instr(info, " +
      literal(identifier(table)) + ") > 0";
  const auto end = std::chrono::steady_clock::now() + default_deadline;
  while (session.number(query) != 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(10));
  }
}

std::string rename_statement(const Queue::Renames& renames) {
  std::string list;
  for (const auto& [from, to] : renames) {
    list += (list.empty() ? "" : ", ") + identifier(from) + " TO " + identifier(to);
  }
  return "RENAME TABLE " + list;
}

// A statement in a session and a thread of its own.
struct Queue::Waiting {
  Waiting(const Place& place, seconds longest) : session(open(place)) {
    session.set_lock_wait(longest);
  }
  ~Waiting() {
    if (thread.joinable()) thread.join();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // Again where it had waited for too long.
  void start(const std::string& statement) {
    if (thread.joinable() && !(done && waited_too_long)) return;
    if (thread.joinable()) thread.join();
    done = waited_too_long = false;
    thread = std::thread([this, statement] {
      try {
        session.run(statement);
      } catch (const ServerError& failed) {
        waited_too_long = failed.is_lock_timeout();
        error = std::current_exception();
      } catch (...) {
        error = std::current_exception();
      }
      done = true;
    });
  }
  void end(Session& observer) {
    while (!done) {
      try {
        observer.run("KILL QUERY " + std::to_string(session.id()));
      } catch (const ServerError&) {  // it has just ended
      }
      if (!done) std::this_thread::sleep_for(pause);
    }
  }

  Session session;
  std::thread thread;
  std::atomic<bool> done{false};
  bool waited_too_long = false;  // once it is done
  std::exception_ptr error;
};

Queue::Queue(const Place& place, const std::vector<TableName>& contended, Renames renames,
             const TableName& held)
    : tables_(contended), renames_(std::move(renames)), held_(held), holder_(open(place)) {
  std::sort(tables_.begin(), tables_.end());
  rename_ = std::make_unique<Waiting>(place, patience);
  // A name that comes after the held one's cannot be guarded, nor does one alone need it.
  while (!tables_.empty() && tables_.back() >= held_) tables_.pop_back();
  if (contended.size() < 2) tables_.clear();
  if (tables_.empty()) return;
  for (size_t i = 0; i < tables_.size(); ++i)
    guards_.push_back(std::make_unique<Waiting>(place, default_deadline));
  holder_.run("CREATE TABLE IF NOT EXISTS " + identifier(held_) + " (a INT)");
  holder_.run("LOCK TABLES " + identifier(held_) + " WRITE");
}

Queue::~Queue() {
  try {
    if (!guards_.empty()) holder_.run("UNLOCK TABLES");
    for (const auto& guard : guards_) {
      if (guard->thread.joinable()) guard->end(holder_);
    }
  } catch (const std::exception&) {  // the connection is gone, and the lock with it
  }
}

std::string Queue::guards_ids() const {
  std::vector<std::string> ids;
  for (const auto& guard : guards_) ids.push_back(std::to_string(guard->session.id()));
  return join(ids, ", ");
}

bool Queue::has_its_sessions(Session& observer) const {
  std::string ids = std::to_string(holder_.id()) + ", " + std::to_string(rename_->session.id());
  if (!guards_.empty()) ids += ", " + guards_ids();
  return static_cast<size_t>(observer.number(
             "SELECT count(*) FROM information_schema.processlist WHERE id IN (" + ids + ")")) ==
         guards_.size() + 2;
}

void Queue::post_guards() {
  used_ = true;
  for (size_t i = 0; i < guards_.size(); ++i) {
    guards_[i]->start("RENAME TABLE " + identifier(tables_[i]) + " TO " + identifier(held_));
  }
}

void Queue::line_up(Session& session) {
  until_all_wait(session);
  rename_->start(rename_statement(renames_));
  until_it_waits(session);
}

void Queue::until_all_wait(Session& session) {
  if (guards_.empty()) return;
  const std::string ids = guards_ids();
  const auto done = [](const auto& guard) { return guard->done && !guard->waited_too_long; };
  post_guards();
  while (count_waiting(session, ids) +
             static_cast<size_t>(std::count_if(guards_.begin(), guards_.end(), done)) <
         guards_.size()) {
    std::this_thread::sleep_for(pause);
    post_guards();
  }
}

void Queue::until_it_waits(Session& session) const {
  const std::string id = std::to_string(rename_->session.id());
  while (!rename_->done && count_waiting(session, id) == 0) std::this_thread::sleep_for(pause);
}

void Queue::let_through(Session& session) {
  session.set_lock_wait(seconds(0));
  for (size_t i = 0; i < guards_.size(); ++i) let_to(session, i);
  rename_->thread.join();
  if (rename_->error) std::rethrow_exception(rename_->error);
  if (!guards_.empty()) holder_.run("UNLOCK TABLES");
}

// Ends the guard when the RENAME waits for its table.
void Queue::let_to(Session& session, size_t guard) {
  while (!rename_->done && !has_come_past(session, guard)) std::this_thread::sleep_for(pause);
  until_it_waits(session);
  guards_[guard]->end(session);
}

// Whether it has the name before the guard's table. To prepare a statement needs a
// lock that only a waiting or working RENAME denies.
bool Queue::has_come_past(Session& session, size_t guard) {
  if (guard == 0) {
    const auto first = std::min_element(renames_.begin(), renames_.end());
    if (first->first >= tables_[0]) return true;
    std::this_thread::sleep_for(surely_come);
    return true;
  }
  const auto mark = mark_between(renames_, tables_[guard - 1], tables_[guard]);
  if (!mark) {
    std::this_thread::sleep_for(surely_come);
    return true;
  }
  try {
    session.run("PREPARE git_rollback_probe FROM " + literal("SELECT 1 FROM " + identifier(*mark)));
  } catch (const ServerError& error) {
    return error.is_lock_timeout();
  }
  return false;
}

}  // namespace rollback::mysql
