// Rows that have no key in common, compared as two multisets of hashes: the
// server makes the hashes, and here they are counted against each other.
#pragma once

#include <cstdint>
#include <string>

#include "part/database/mysql/server/session.h"
#include "part/database/mysql/server/statement_limit.h"

namespace rollback::mysql {

struct MultisetDifference {
  std::int64_t live_rows = 0;
  std::int64_t baseline_rows = 0;
  std::int64_t written = 0;  // live rows that the baseline lacks
  std::int64_t missing = 0;  // rows of the baseline that are not live
  std::int64_t marked = 0;   // live rows with a mark
  std::int64_t marked_written = 0;
};

// Two queries, each for a hash of 32 hexadecimal digits and a mark, 0 or 1. They
// are read again where there are differences, some million rows at a time at most.
MultisetDifference compare_multisets(Session& session, StatementLimit& limit,
                                     const std::string& live, const std::string& baseline);

}  // namespace rollback::mysql
