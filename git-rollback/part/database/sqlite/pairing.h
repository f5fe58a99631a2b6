// A table that holds displaced rows, beside the live one that they belong to:
// which columns both have, and which rows are not live.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/sqlite/definition.h"

namespace SQLite {
class Database;
}

namespace rollback::sqlite {

struct Pairing {
  Definition from;
  std::optional<Definition> live;     // nothing: there is no such table now
  std::vector<std::string> common;    // of those that `live` stores; without it, of `from`
  std::vector<std::string> key;       // of `live`; empty: rows are known by all that is common
  std::vector<std::string> left_out;  // of `from`, that `live` has not
  std::vector<std::string> defaults;  // of `live`, that `from` has not
  std::string unknown;                // why rows cannot be told from each other; "" : they can
};

// Refused where there is no table `name`.
Pairing pair_with_live(SQLite::Database& db, const std::string& name, const std::string& table);

// "c": how the value is written so that it is read as it is, of any type.
std::string exact(const std::string& column);

// A query of these columns, or expressions over d."x", of the rows of `from` that
// are not live. Only where nothing is unknown.
std::string select_missing(const Pairing& pairing, const std::string& list);

}  // namespace rollback::sqlite
