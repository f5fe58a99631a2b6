// Rows: read as text that is exact for every type, hashed, and copied from one
// session into others.
//
// What is hashed: each row's row_text() by SHA-256, and the sum of these numbers
// (big-endian, modulo 2^256) as 64 hex digits, so that the order in which rows
// are read does not matter. No rows: zeros.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "os/sha256.h"
#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

struct Hashed {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  // of the texts
  std::string sha256;
};

class RowHash {
 public:
  void add(std::string_view row_text);
  Hashed finish() const;
  const Hashed& so_far() const { return hashed_; }  // without the hash

 private:
  Sha256 hash_;
  std::array<std::uint64_t, 4> sum_{};  // the most significant first
  Hashed hashed_;
};

// What `Hashed::sha256` says where no rows are kept.
std::string hash_of_no_rows();

// An SQL expression for one row of `alias` (which stands there as it is): "(1,x'78',NULL)", the
// stored columns in order, as they can stand behind VALUES again; where the history is kept, the
// moments from and to which the row was current, too. Text is written by its bytes. NULL itself
// where a row is longer than max_allowed_packet.
std::string row_text(const Definition& definition, const std::string& alias);

// SELECT row_text FROM `table`: all rows, also those that system versioning keeps.
std::string select_texts(const Definition& definition, const std::string& table);

// "INSERT INTO `t` (`a`,`b`) VALUES " of the columns in row_text().
std::string insert_into(const Definition& definition, const std::string& table);

// Of a table with system versioning, unless that counts transactions and not
// time: no server takes those numbers from us.
bool keeps_history(const Definition& definition);

// All rows of one such table into another, inside of the server.
void copy_with_history(Session& session, const Definition& definition, const std::string& from,
                       const std::string& to);

[[noreturn]] void refuse_long_row(const std::string& table);

// Throws Refused for a row that is longer than max_allowed_packet.
Hashed hash_rows(Session& session, const Definition& definition, const std::string& table);

// Reads all rows of `from` in `reader`, in its snapshot, and writes them to `to`
// by the writers, about a megabyte a statement, each committed by itself; all of
// them go on at the same time, in threads. The writers' settings for exact rows
// are made here. `between` is called in the caller's thread between two batches,
// often: it may wait or throw. A writer that `gives_way()`, called in its thread, leaves
// the server to others for a part of its time. Throws Refused for a row that is too long.
struct Copy {
  const Definition& definition;
  std::string from;
  std::string to;
  std::function<void(const Hashed& so_far)> between = {};
  std::function<bool()> gives_way = {};
};
Hashed copy_rows(Session& reader, std::span<Session> writers, const Copy& copy);

// As the total for progress: the server's estimate; 0 where nobody listens.
std::uint64_t rows_for_progress(const Definition& definition);

}  // namespace rollback::mysql
