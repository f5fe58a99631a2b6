// A table that holds displaced rows, beside the live one that they belong to:
// which columns both have, and which rows are not live or live with other values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/sqlite/definition.h"
#include "part/salvage.h"

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

// Whether row l of the live table holds in this column what it would hold after it
// got the value `from`, which is a column without a type or an expression. Never NULL.
std::string same_value(const Pairing& pairing, const std::string& column, const std::string& from);

// A query of these columns, or expressions over d."x", of those rows of `from`. Of
// `missing` and `changed` only where nothing is unknown.
std::string select_rows(const Pairing& pairing, const std::string& list, SalvageRows rows);
std::string count_rows(const Pairing& pairing, SalvageRows rows);

}  // namespace rollback::sqlite
