// Which rows of a table are written while a copy of it is on the way: triggers
// note the keys, old and new, in a log table, and what is noted is carried over.
//
// A table without a key is logged as "something was written" alone, and then
// carried over whole. So is a table whose rows a foreign key's cascade changes,
// which fires no trigger.
#pragma once

#include <cstdint>
#include <string>

#include "part/database/mysql/change.h"
#include "part/database/mysql/definition.h"
#include "part/database/mysql/projection.h"

namespace rollback::mysql {

// Makes the log table and the triggers <log>_i, _u and _d on `table`, which has
// that definition. They note nothing in a session where @git_rollback_carries
// is 1. Waits for the table's lock as taking_a_lock() does.
void start_log(Session& session, const Definition& definition, const std::string& table,
               const std::string& log);
void stop_log(Session& session, const std::string& log);  // what exists of triggers and table
bool is_logged(Session& session, const std::string& log);

// Distinct rows that stand in the log, or (without a key) 1 if anything does.
std::int64_t count_logged(Session& session, const Definition& definition, const std::string& log);

// Makes `target` (in the shape of projection.to) follow projection.table for the
// keys in `log`, and takes those out of the log: a batch at a time, each in a
// transaction of its own, so that others go on writing. `keep_from`: keys that
// are in this table stay as they are in the target (keep_new); empty: none.
// `aside`: where rows go that do not fit (made at need); how many those were.
// Carries over all that was committed when it was called; returns how many keys.
struct Carry {
  Projection projection;
  std::string log;
  std::string target;
  std::string keep_from = {};
  std::string aside = {};
  // Keys that are in this other log were written there since, and win: the row is
  // set aside. Empty: none.
  std::string overtaken_by = {};
  bool whole = false;  // under a lock: compares all, for what the log cannot see
};
struct Carried {
  std::int64_t keys = 0;
  std::int64_t set_aside = 0;
};
Carried carry_over(Session& session, const Carry& carry);

// Fills `target` with all rows of the projection (and, with keep_from, first with
// all rows of that), in chunks of the key, each a transaction. Rows that do not
// fit go aside with the reason.
struct Fill {
  Projection projection;
  std::string target;
  std::string keep_from = {};
  std::string aside;
};
Carried fill(Session& session, const Fill& fill);

// Rows set aside stand in a table in the shape of projection.from, without keys,
// with the column git_rollback_reason in front.

}  // namespace rollback::mysql
