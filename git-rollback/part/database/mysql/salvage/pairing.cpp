#include "part/database/mysql/salvage/pairing.h"

#include <algorithm>
#include <boost/algorithm/string/join.hpp>

#include "os/error.h"
#include "part/database/mysql/rows/values.h"
#include "store/names.h"

namespace rollback::mysql {
using boost::algorithm::join;
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Not what we add ourselves to rows that are set aside, nor ROW START and END.
bool is_of_rows(const Column& column, const Definition& definition) {
  if (column.name.starts_with(names::table_prefix)) return false;
  return !(definition.versioned && column.generated);
}

void find_columns(Pairing& pairing) {
  const Definition& from = pairing.from;
  if (!pairing.live) {
    for (const Column& column : from.columns) {
      if (is_of_rows(column, from) && !column.generated) pairing.common.push_back(column.name);
    }
    return;
  }
  for (const auto& name : pairing.live->stored()) {
    const Column* const source = from.column(name);
    const bool both = source != nullptr && is_of_rows(*source, from);
    (both ? pairing.common : pairing.defaults).push_back(name);
  }
  for (const Column& column : from.columns) {
    if (is_of_rows(column, from) && pairing.live->column(column.name) == nullptr) {
      pairing.left_out.push_back(column.name);
    }
  }
}

// Both can be compared as the live column's own index does.
bool can_be_found(const Column& live, const Column& source) {
  return orders_as(live, source) || kind_of(live) == kind_of(source);
}

void find_key(Pairing& pairing) {
  if (!pairing.live) return;
  pairing.key = pairing.live->key();
  for (const auto& name : pairing.key) {
    if (!holds(pairing.common, name)) {
      pairing.unknown = "column '" + name + "' of the live table's key is not among theirs";
    } else if (!can_be_found(pairing.target(name), pairing.source(name))) {
      pairing.unknown = "column '" + name + "' of the live table's key has another type";
    }
  }
  if (pairing.common.empty()) pairing.unknown = "they have no column of the live table's";
}

// The same for rows that are equal by value, and of one length.
std::string fingerprint(const Pairing& pairing, const char* alias, bool of_live) {
  std::vector<std::string> values;
  for (const auto& name : pairing.common) {
    const Column& mine = of_live ? pairing.target(name) : pairing.source(name);
    const Column& other = of_live ? pairing.source(name) : pairing.target(name);
    const std::string text = text_of(mine, std::string(alias) + identifier(mine.name), other);
    values.push_back("IFNULL(SHA2(" + text + ", 256), '-')");
  }
  return "SHA2(CONCAT(" + join(values, ", ") + "), 256) AS git_rollback_row";
}

// Equal rows are counted on both sides: as many of them as are live are not missing.
std::string select_missing_by_row(const Pairing& pairing, const std::string& list) {
  std::vector<std::string> columns;
  for (const Column& column : pairing.from.columns) {
    columns.push_back("s." + identifier(column.name));
  }
  return "SELECT " + list + " FROM (SELECT t.*, row_number() OVER (PARTITION BY git_rollback_row)" +
         " AS git_rollback_nth FROM (SELECT " + join(columns, ", ") + ", " +
         fingerprint(pairing, "s.", false) + " FROM " + identifier(pairing.from.name) +
         " AS s) AS t) AS d LEFT JOIN (SELECT git_rollback_row, count(*) AS git_rollback_many" +
         " FROM (SELECT " + fingerprint(pairing, "s.", true) + " FROM " +
         identifier(pairing.live->name) + " AS s) AS t GROUP BY git_rollback_row) AS l" +
         " ON l.git_rollback_row = d.git_rollback_row" +
         " WHERE d.git_rollback_nth > coalesce(l.git_rollback_many, 0)";
}

std::string live_row(const Pairing& pairing) {
  return "EXISTS (SELECT 1 FROM " + identifier(pairing.live->name) + " AS l WHERE " +
         same_key(pairing, "d");
}

std::string live_with_other_values(const Pairing& pairing) {
  if (pairing.key.empty()) return "0";  // a row is the same, or it is another
  std::vector<std::string> same;
  for (const auto& name : pairing.common) {
    same.push_back(same_value(pairing.target(name), "l." + identifier(name), pairing.source(name),
                              "d." + identifier(pairing.source(name).name)));
  }
  return live_row(pairing) + " AND NOT (" + join(same, " AND ") + "))";
}

}  // namespace

Pairing pair_with_live(Session& session, const std::string& name, const std::string& table) {
  auto from = read_definition(session, name);
  if (!from) throw Refused("there is no table '" + name + "' any more");
  Pairing pairing{.from = *std::move(from),
                  .live = read_definition(session, table),
                  .common = {},
                  .key = {},
                  .left_out = {},
                  .defaults = {},
                  .unknown = {}};
  find_columns(pairing);
  find_key(pairing);
  return pairing;
}

std::string same_key(const Pairing& pairing, const std::string& alias) {
  std::vector<std::string> terms;
  for (const auto& name : pairing.key) {
    const Column& live = pairing.target(name);
    const Column& source = pairing.source(name);
    std::string value = alias + "." + identifier(source.name);
    // Two columns' collations are a mix that the server refuses.
    if (kind_of(live) == Kind::text && !orders_as(live, source)) {
      value = "CONVERT(" + value + " USING " + live.charset + ") COLLATE " + live.collation;
    }
    terms.push_back("l." + identifier(live.name) + " = " + value);
  }
  return join(terms, " AND ");
}

std::string select_rows(const Pairing& pairing, const std::string& list, SalvageRows rows) {
  const std::string all = "SELECT " + list + " FROM " + identifier(pairing.from.name) + " AS d";
  switch (rows) {
    case SalvageRows::all:
      return all;
    case SalvageRows::changed:
      return all + " WHERE " + (pairing.live ? live_with_other_values(pairing) : "0");
    case SalvageRows::missing:
      break;
  }
  if (!pairing.live) return all;
  if (pairing.key.empty()) return select_missing_by_row(pairing, list);
  return all + " WHERE NOT " + live_row(pairing) + ")";
}

std::string count_rows(const Pairing& pairing, SalvageRows rows) {
  return "SELECT count(*) FROM (" + select_rows(pairing, "1 AS git_rollback_one", rows) + ") AS m";
}

std::string shown(const Column& column, const std::string& expression) {
  switch (kind_of(column)) {
    case Kind::text:
      return "CONVERT(" + expression + " USING utf8mb4)";
    case Kind::bytes:
      return "HEX(" + expression + ")";
    case Kind::bit:
      return "(" + expression + " + 0)";
    case Kind::real:  // with all digits, whatever its type shows
      return "(" + expression + " * 1e0)";
    default:
      return "CAST(" + expression + " AS CHAR)";
  }
}

}  // namespace rollback::mysql
