// Rows inserted, changed and deleted between two tables of one server, counted
// exactly: chunk by chunk of the key, each a join inside the server that compares
// all values. (Checksums of both sides take longer than that, measured, and only
// say "probably".)
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// Rows are told apart by the key that both have in common, and compared in the
// columns that both have, by value and texts by bytes. Without such a key they
// are two multisets.
struct Comparison {
  Definition now;                       // of the live table, which is read by its name
  std::optional<Definition> then = {};  // of the baseline; nothing: there are no such rows
  // Tables, quoted, and queries "(SELECT …)" with the stored columns of `then` in
  // one order: all of their rows together.
  std::vector<std::string> baseline = {};
  // Columns of `now` that keep_all gives up: what differs from their default is
  // lost. A live row with such a difference in any column that the baseline
  // lacks, given up or not, equals no row.
  std::vector<std::string> going = {};
  // Another set of rows with that key, empty: none. Inserted rows whose key is
  // in it are counted.
  std::string taken = {};
  std::optional<Definition> taken_as = {};
  std::optional<std::chrono::milliseconds> limit = {};  // of all the counting
};

struct Difference {
  bool counted = true;  // else the limit passed first, and no number below is to be used
  std::int64_t live_rows = 0;
  std::int64_t baseline_rows = 0;
  std::int64_t inserted = 0;        // keys of live that the baseline lacks; no key: written
  std::int64_t changed = 0;         // keys in both, with other values
  std::int64_t deleted = 0;         // keys of the baseline that live lacks
  std::int64_t going = 0;           // live rows with a value in a column that goes
  std::int64_t going_written = 0;   // those of them that were inserted or changed
  std::int64_t going_inserted = 0;  // those of them that were inserted
  std::int64_t taken = 0;           // inserted, where `taken` has the key
};

Difference compare_rows(Session& session, const Comparison& comparison);

}  // namespace rollback::mysql
