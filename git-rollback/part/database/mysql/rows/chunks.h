// Walks a table in the order of its key, some thousand rows at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

class Chunks {
 public:
  // `key` is the table's; empty, or of types without an order to walk in: all of
  // it is one chunk.
  Chunks(const Definition& definition, const std::vector<std::string>& key, std::int64_t rows);

  // On to the next chunk, the first to begin with; false: there is none. Every
  // row that there can be is in exactly one.
  bool next(Session& session);

  // The rows of this chunk in a table that has the key, "" for all rows: with
  // an alias x, "x.`a` > 1 AND x.`a` <= 9".
  std::string condition(const std::string& alias) const;

 private:
  using Boundary = std::vector<std::string>;  // a literal for each of the columns

  std::string beyond(const std::string& alias, const Boundary& boundary, const char* compare) const;

  std::string table_;
  std::vector<Column> columns_;
  std::vector<std::string> key_;
  std::int64_t rows_;
  std::optional<Boundary> lower_;
  std::optional<Boundary> upper_;
  bool begun_ = false;
};

}  // namespace rollback::mysql
