// MariaDB alone: a RENAME TABLE of many tables goes before all that wait for them.
//
// It asks for its tables one after the other, by name, so that when a lock on all
// of them is given up, statements that wait for a later one would come first, and
// write to a table that is not live any more. So a guard waits for each: a
// statement that gets its one table, waits for a table that we hold, and is ended
// when the RENAME has come to wait for the guard's table in turn.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

class Queue {
 public:
  using Renames = std::vector<std::pair<TableName, TableName>>;

  // Logs in all that it will need, and makes the table that it holds, `held`,
  // which the guards' statements cannot rename to, since it is there.
  Queue(const Place& place, const std::vector<TableName>& contended, Renames renames,
        const TableName& held);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // Whether the server has ended none of its sessions.
  bool has_its_sessions(Session& observer) const;
  // Whether one of the following was called: from then on it is for one RENAME.
  bool is_used() const { return used_; }

  // While a session has all the tables locked: the guards come while it works.
  void post_guards();
  // Before `session` gives the tables up: returns when all wait in their place.
  void line_up(Session& session);
  // After it gave them up: returns when the tables are renamed; throws what the
  // RENAME did. The table that was held stays; settle or discard drops it.
  void let_through(Session& session);

 private:
  struct Waiting;
  void until_all_wait(Session& session);
  void until_it_waits(Session& session) const;
  std::string guards_ids() const;
  void let_to(Session& session, size_t guard);
  bool has_come_past(Session& session, size_t guard);

  std::vector<TableName> tables_;  // contended, as the server sorts them
  Renames renames_;
  TableName held_;
  Session holder_;
  std::vector<std::unique_ptr<Waiting>> guards_;
  std::unique_ptr<Waiting> rename_;
  bool used_ = false;
};

// Waits, for as long as any statement may, for a RENAME of this table that the server
// still carries out for a process that is gone.
void wait_for_rename_of(Session& session, const std::string& table);

// The one statement that renames them all.
std::string rename_statement(const Queue::Renames& renames);

}  // namespace rollback::mysql
