// A table that holds displaced rows, beside the live one that they belong to:
// which columns both have, and which rows are not live or live with other values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"
#include "part/salvage.h"

namespace rollback::mysql {

struct Pairing {
  Definition from;
  std::optional<Definition> live;     // nothing: there is no such table now
  std::vector<std::string> common;    // of those that `live` stores; without it, of `from`
  std::vector<std::string> key;       // of `live`; empty: rows are known by all that is common
  std::vector<std::string> left_out;  // of `from`, that `live` has not
  std::vector<std::string> defaults;  // of `live`, that `from` has not
  std::string unknown;                // why rows cannot be told from each other; "" : they can

  const Column& source(const std::string& name) const { return *from.column(name); }
  const Column& target(const std::string& name) const {
    return live ? *live->column(name) : source(name);
  }
};

// Refused where there is no table `name`.
Pairing pair_with_live(Session& session, const std::string& name, const std::string& table);

// Row l of the live table has the key of row `alias`, which has columns as `from`.
std::string same_key(const Pairing& pairing, const std::string& alias);

// A query of these columns, or expressions over d.`x`, of those rows of `from`. Of
// `missing` and `changed` only where nothing is unknown.
std::string select_rows(const Pairing& pairing, const std::string& list, SalvageRows rows);
std::string count_rows(const Pairing& pairing, SalvageRows rows);

// The value of a column as a person types and reads it: bytes as hex digits.
std::string shown(const Column& column, const std::string& expression);

}  // namespace rollback::mysql
