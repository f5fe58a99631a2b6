// Rows: copied exactly, hashed, and compared as two multisets.
//
// What is hashed (SHA-256): each row in the order in which it is stored (by
// rowid; WITHOUT ROWID: by primary key), and in it each column that is not
// generated, in declared order, as one byte for the type, the length in 8
// bytes, and the bytes:
//   n  NULL, length 0          i  integer, 8 bytes, two's complement
//   r  real, 8 bytes, IEEE 754 t  text, UTF-8        b  blob
// Numbers are little-endian. Before each row stands the byte R.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace SQLite {
class Database;
}

namespace rollback::sqlite {

struct Hashed {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::string sha256;
};

Hashed hash_rows(SQLite::Database& db, const std::string& select);

// How many rows a table has, as the total of what copy_rows(), hash_rows() and
// compare_rows() report as progress; 0 where nobody listens.
std::uint64_t rows_for_progress(SQLite::Database& db, const std::string& table);

// Every row of `select` goes into `insert`, whose parameters are its columns.
// The first `keys` of them are not part of the hash. Where reader and writer
// are two connections, it writes in transactions short enough that others get
// their turn; else in the one that is open.
struct Copy {
  std::string select;
  std::string insert;
  int keys = 0;
};
Hashed copy_rows(SQLite::Database& reader, SQLite::Database& writer, const Copy& copy);

// Two queries whose first `common` columns are the same; `live` has `extra`
// more. A row with another value than its default in an extra column equals none.
struct Comparison {
  std::string live;
  std::string baseline;  // empty: there are no such rows
  int common = 0;
  std::vector<std::string> defaults;  // literals, one for each column of `live`
  std::vector<bool> going;            // one for each column of `live`
};

struct Difference {
  std::int64_t live_rows = 0;
  std::int64_t baseline_rows = 0;
  std::int64_t written = 0;        // live rows that the baseline lacks
  std::int64_t missing = 0;        // rows of the baseline that are not live
  std::int64_t going = 0;          // live rows with a value in a column that goes
  std::int64_t going_written = 0;  // those of them that the baseline lacks
};
Difference compare_rows(SQLite::Database& db, const Comparison& comparison);

}  // namespace rollback::sqlite
