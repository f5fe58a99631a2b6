// Rows: read as text that is exact for every type, hashed, and copied from one
// session into another.
//
// What is hashed (SHA-256): for each row its row_text() and a newline, in the
// order of the key, or of the text itself where the table has no key.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "part/database/mysql/definition.h"

namespace rollback::mysql {

struct Hashed {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  // of the texts
  std::string sha256;
};

// An SQL expression for one row of `alias`: "(1,'x',NULL)", the stored columns
// in order, as they can stand behind VALUES again. Never NULL itself, except
// where a row is longer than max_allowed_packet.
std::string row_text(const Definition& definition, const std::string& alias);

// SELECT row_text … in the order of the hash.
std::string select_texts(const Definition& definition, const std::string& table);

// "INSERT INTO `t` (`a`,`b`) VALUES " of the stored columns.
std::string insert_into(const Definition& definition, const std::string& table);

Hashed hash_rows(Session& session, const Definition& definition, const std::string& table);

// Reads all rows of `from` in `reader`, in its snapshot, and writes them to `to`
// by `writer`, about a megabyte a statement; both go on at the same time.
// `between` is called between two statements, often: it may wait or throw.
struct Copy {
  const Definition& definition;
  std::string from;
  std::string to;
  std::function<void(const Hashed& so_far)> between = {};
};
Hashed copy_rows(Session& reader, Session& writer, const Copy& copy);

// As the total for progress: the server's estimate; 0 where nobody listens.
std::uint64_t rows_for_progress(const Definition& definition);

}  // namespace rollback::mysql
