// What a foreign key's cascade does to rows, which no trigger sees: found by the
// parents' logs, or by comparing, and noted in the child's log as if a trigger had,
// so that it is carried over as all else is.
#pragma once

#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// A table that is written, and one that follows it.
struct Followed {
  Definition from, to;      // with their foreign keys
  std::string table;        // with the rows as they are, of `from`
  std::string target = {};  // with those of a moment ago, of `to`; empty: nothing follows
  std::string log;          // of what is written to `table`
  // Keys that are in one of these tables stay as they are in the target.
  std::vector<std::string> keep_from = {};
};

// Rows that one of them has and the other lacks, cascade or not. Without a common key:
// that something was written.
void note_what_only_one_has(Session& session, const Followed& table);

// Compares the whole of each table that a cascade can change with its target. Locks
// nothing; takes the time of reading both.
void note_all_cascades(Session& session, const std::vector<Followed>& tables);

// What was done since, as long as no log was emptied meanwhile: the rows that refer
// to what stands in the log of a parent. Where a parent has no log, or is referred to
// by other columns than its log has, all is compared, unless `logged_only`. All
// tables can be under the session's LOCK TABLES.
void note_new_cascades(Session& session, const std::vector<Followed>& tables,
                       bool logged_only = false);

}  // namespace rollback::mysql
