#include "part/database/mysql/rows/projection.h"

#include <algorithm>
#include <boost/algorithm/string/join.hpp>

#include "part/database/mysql/rows/values.h"
#include "part/database/table_pattern.h"

namespace rollback::mysql {
using boost::algorithm::join;
namespace {

std::string of(const std::string& alias, const std::string& column) {
  return alias + "." + identifier(column);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return same_name(other, name); });
}

// The key by which rows are filled; empty: they are not.
std::vector<std::string> filling_key(const Projection& projection) {
  if (projection.fill.empty() || columns_only_in(projection.to, projection.from).empty()) return {};
  return common_key(projection.to, projection.from);
}

std::string filled(const Projection& projection, const Column& column,
                   const std::vector<std::string>& key) {
  // Equal is never true where there is no row, and IS NULL can be where there is
  // one, with a zero date.
  return "IF(" + of("p", key[0]) + " = " + of(projection.alias, key[0]) + ", " +
         of("p", column.name) + ", " + default_of(column) + ")";
}

std::string projected(const Projection& projection, const Column& column,
                      const std::vector<std::string>& key) {
  const Column* const source = projection.from.column(column.name);
  if (source != nullptr) return of(projection.alias, source->name);
  return key.empty() ? default_of(column) : filled(projection, column, key);
}

std::string from_where(const Projection& projection, const std::vector<std::string>& key,
                       const std::string& condition) {
  std::string sql = " FROM " + identifier(projection.table) + " AS " + projection.alias;
  if (!key.empty()) {
    sql += " LEFT JOIN " + identifier(projection.fill) + " AS p ON " +
           same_key(key, projection.alias, "p");
  }
  return condition.empty() ? sql : sql + " WHERE " + condition;
}

}  // namespace

bool takes_from_fill(const Projection& projection) { return !filling_key(projection).empty(); }

std::string select_projected(const Projection& projection, const std::string& condition) {
  const auto key = filling_key(projection);
  std::vector<std::string> list;
  for (const auto& name : projection.to.stored()) {
    const Column& column = *projection.to.column(name);
    list.push_back(projected(projection, column, key) + " AS " + identifier(column.name));
  }
  return "SELECT " + join(list, ", ") + from_where(projection, key, condition);
}

std::string count_unfilled(const Projection& projection, const std::string& condition) {
  const auto key = filling_key(projection);
  const std::string found = key.empty() ? "" : " - count(" + of("p", key[0]) + ")";
  return "SELECT count(*)" + found + from_where(projection, key, condition);
}

std::string column_list(const Definition& definition, const std::string& alias) {
  std::vector<std::string> list;
  for (const auto& name : definition.stored()) {
    list.push_back(alias.empty() ? identifier(name) : of(alias, name));
  }
  return "(" + join(list, ", ") + ")";
}

std::string same_key(const std::vector<std::string>& key, const std::string& x,
                     const std::string& y) {
  std::vector<std::string> terms;
  terms.reserve(key.size());
  for (const auto& name : key) terms.push_back(of(x, name) + " = " + of(y, name));
  return "(" + join(terms, " AND ") + ")";
}

std::vector<std::string> common_key(const Definition& a, const Definition& b) {
  const auto key = a.key();
  const auto other = b.key();
  const bool same = key.size() == other.size() &&
                    std::all_of(key.begin(), key.end(), [&](const std::string& name) {
                      const Column* const mine = a.column(name);
                      const Column* const theirs = b.column(name);
                      return contains(other, name) && mine != nullptr && theirs != nullptr &&
                             !mine->generated && !theirs->generated && orders_as(*mine, *theirs);
                    });
  return same ? key : std::vector<std::string>{};
}

std::optional<std::string> why_no_projection(const Definition& from, const Definition& to) {
  for (const Column& column : to.columns) {
    const Column* const today = from.column(column.name);
    if (today != nullptr && column.generated && !today->generated) {
      return "column '" + column.name + "' gets its values in another way";
    }
  }
  for (const auto& name : to.key()) {
    if (from.column(name) == nullptr) return "column '" + name + "' of its key is gone";
  }
  return std::nullopt;
}

std::vector<std::string> columns_only_in(const Definition& definition, const Definition& other) {
  std::vector<std::string> only;
  for (const auto& name : definition.stored()) {
    if (other.column(name) == nullptr) only.push_back(name);
  }
  return only;
}

std::vector<std::string> columns_in_common(const Definition& definition, const Definition& other) {
  std::vector<std::string> common;
  for (const auto& name : definition.stored()) {
    const Column* const found = other.column(name);
    if (found != nullptr && !found->generated) common.push_back(name);
  }
  return common;
}

}  // namespace rollback::mysql
