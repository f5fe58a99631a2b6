// Rows of one table brought into another that has, or takes, its place: all of
// them, or those which a log names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

struct Carried {
  std::int64_t keys = 0;
  std::int64_t set_aside = 0;  // less than 0: more are no longer aside
};

// Fills `target` with all rows of the projection (and, with keep_from, first with
// all rows of that), in chunks of the key, each a transaction. Rows that do not
// fit go aside with the reason. Counts rows of progress.
struct Fill {
  Projection projection;
  std::string target;
  std::string keep_from = {};  // a table in the target's shape (keep_new)
  std::string aside;           // made at need, see make_aside()
};
Carried fill(Session& session, const Fill& fill);

// Makes `target` (in the shape of projection.to) follow projection.table for the
// keys in `log`, and takes those out of the log.
//
// While others write: a batch at a time, each a transaction, all that was
// committed when it was called. Keys whose rows do not fit stay in the log, for
// they may fit when others were carried over. Nothing is done where the log has
// no keys, or keys that the target does not have.
//
// `last`: where nobody else writes, in one transaction, also under the session's
// LOCK TABLES of all these tables. What does not fit goes aside with the reason.
struct Carry {
  Projection projection;
  std::string log;
  std::string target;
  std::string keep_from = {};  // keys that are in this table stay as they are in the target
  std::string aside = {};      // made by make_aside(); needed by `last` and `tries_again`
  // Rows of these keys that are aside already are tried as they are now: they did not
  // fit while the target was filled.
  bool tries_again = false;
  // Keys that are in this table are those of rows that the target has in its own
  // way: they stay in the log, and `last` sets aside what was written.
  std::string not_for_target = {};
  // Keys that are in this other log were written there since, and win: the row is
  // set aside. Empty: none.
  std::string overtaken_by = {};
  bool last = false;
  // Of `last`: in the Batch of a caller who commits, and whose session carries() already.
  bool in_batch = false;
};
Carried carry_over(Session& session, const Carry& carry);

// A table of rows that were set aside: the shape of `from`, without keys, with the
// column git_rollback_reason in front. What exists stays.
void make_aside(Session& session, const Definition& from, const std::string& aside);

}  // namespace rollback::mysql
