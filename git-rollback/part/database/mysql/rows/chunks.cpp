#include "part/database/mysql/rows/chunks.h"

#include "part/database/mysql/rows/values.h"

namespace rollback::mysql {

Chunks::Chunks(const Definition& definition, const std::vector<std::string>& key, std::int64_t rows)
    : table_(definition.name), key_(key), rows_(rows) {
  for (const auto& name : key) {
    const Column& column = *definition.column(name);
    if (!has_boundaries(column)) break;
    columns_.push_back(column);
  }
}

bool Chunks::next(Session& session) {
  if (begun_ && !upper_) return false;
  begun_ = true;
  lower_ = std::move(upper_);
  upper_.reset();
  if (columns_.empty()) return true;
  std::string list;
  for (const Column& column : columns_) {
    list += (list.empty() ? "" : ", ") + boundary_of(column, "l." + identifier(column.name));
  }
  std::string order;
  for (const auto& name : key_) order += (order.empty() ? "l." : ", l.") + identifier(name);
  const std::string condition = this->condition("l");
  const auto rows = session.rows("SELECT " + list + " FROM " + identifier(table_) + " AS l" +
                                 (condition.empty() ? "" : " WHERE " + condition) + " ORDER BY " +
                                 order + " LIMIT 1 OFFSET " + std::to_string(rows_ - 1));
  if (rows.empty()) return true;
  upper_.emplace();
  for (size_t i = 0; i < columns_.size(); ++i) {
    upper_->push_back(boundary_literal(columns_[i], rows[0][i].value_or("")));
  }
  return true;
}

// The server does not look up (a, b) > (1, 2) in an index, but this it does:
// a > 1 OR (a = 1 AND b > 2).
std::string Chunks::beyond(const std::string& alias, const Boundary& boundary,
                           const char* compare) const {
  std::string sql;
  for (size_t i = columns_.size(); i-- > 0;) {
    const std::string column = alias + "." + identifier(columns_[i].name);
    const bool last = i + 1 == columns_.size();
    const std::string strictly(1, compare[0]);
    const std::string here = column + " " + (last ? compare : strictly) + " " + boundary[i];
    sql = last ? here : "(" + here + " OR (" + column + " = " + boundary[i] + " AND " + sql + "))";
  }
  return sql;
}

std::string Chunks::condition(const std::string& alias) const {
  std::string sql;
  if (lower_) sql = beyond(alias, *lower_, ">");
  if (upper_) sql += (sql.empty() ? "" : " AND ") + beyond(alias, *upper_, "<=");
  return sql;
}

}  // namespace rollback::mysql
