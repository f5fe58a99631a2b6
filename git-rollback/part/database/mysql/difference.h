// Rows inserted, changed and deleted between two tables of one server, counted
// exactly: checksums over chunks of the key first, then only the chunks that
// differ, row by row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/definition.h"

namespace rollback::mysql {

// A set of rows: a table, or the subquery that stands for one ("(SELECT …)").
// Both have the columns `columns`; `key` is unique in both, empty: no key, and
// rows are compared as two multisets.
struct Comparison {
  std::string live;
  std::string baseline;              // empty: there are no such rows
  std::vector<std::string> columns;  // in both, compared by bytes
  std::vector<std::string> key;
  // Columns that live alone has, and their defaults as SQL expressions: a row
  // with another value there equals none.
  std::vector<std::string> extra;
  std::vector<std::string> extra_defaults;
  std::vector<bool> extra_goes;  // one for each extra: it is lost with keep_all
};

struct Difference {
  std::int64_t live_rows = 0;
  std::int64_t baseline_rows = 0;
  std::int64_t inserted = 0;       // keys of live that the baseline lacks; without a key: written
  std::int64_t changed = 0;        // keys in both, with other values
  std::int64_t deleted = 0;        // keys of the baseline that live lacks
  std::int64_t going = 0;          // live rows with a value in a column that goes
  std::int64_t going_written = 0;  // those of them that the baseline lacks
};

// Both definitions are of the tables that live and baseline read, for the types.
Difference compare_rows(Session& session, const Definition& live, const Comparison& comparison);

}  // namespace rollback::mysql
