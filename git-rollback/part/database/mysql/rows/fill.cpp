#include "os/progress.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/rows/values.h"

namespace rollback::mysql {
namespace {

constexpr int rows_in_chunk = 10000;

// The leading columns of the key that chunks can be cut at.
std::vector<Column> columns_to_cut_at(const Definition& definition) {
  std::vector<Column> columns;
  for (const auto& name : definition.key()) {
    const Column& column = *definition.column(name);
    if (!has_boundaries(column)) break;
    columns.push_back(column);
  }
  return columns;
}

// "(f.a > 1 OR (f.a = 1 AND (f.b > 2)))"; `sign` stands at the last column.
std::string beyond(const std::vector<Column>& columns, const Row& bound, const std::string& strict,
                   const std::string& last, size_t at = 0) {
  const std::string name = "f." + identifier(columns[at].name);
  const std::string value = boundary_literal(columns[at], bound[at].value_or(""));
  if (at + 1 == columns.size()) return "(" + name + last + value + ")";
  return "(" + name + strict + value + " OR (" + name + " = " + value + " AND " +
         beyond(columns, bound, strict, last, at + 1) + "))";
}

// Conditions, one after the other, that cut a table into chunks of its key.
class Chunks {
 public:
  Chunks(Session& session, const Definition& definition, const std::string& table)
      : session_(session), columns_(columns_to_cut_at(definition)) {
    for (const Column& column : columns_) {
      list_ += (list_.empty() ? "" : ", ") + boundary_of(column, "f." + identifier(column.name));
      order_ += (order_.empty() ? " ORDER BY f." : ", f.") + identifier(column.name);
    }
    from_ = " FROM " + identifier(table) + " AS f";
  }

  // false after the last. An empty condition: all.
  bool next(std::string& condition) {
    if (done_) return false;
    condition = after_;
    if (columns_.empty()) {
      done_ = true;
      return true;
    }
    const auto bound =
        session_.rows("SELECT " + list_ + from_ + (after_.empty() ? "" : " WHERE " + after_) +
                      order_ + " LIMIT 1 OFFSET " + std::to_string(rows_in_chunk - 1));
    if (bound.empty()) {
      done_ = true;
      return true;
    }
    condition += (after_.empty() ? "" : " AND ") + beyond(columns_, bound[0], " < ", " <= ");
    after_ = beyond(columns_, bound[0], " > ", " > ");
    return true;
  }

 private:
  Session& session_;
  std::vector<Column> columns_;
  std::string list_, order_, from_, after_;
  bool done_ = false;
};

std::int64_t fill_from(Session& session, const Projection& projection, const Fill& fill,
                       const std::string& without) {
  Chunks chunks(session, projection.from, projection.table);
  std::int64_t aside = 0;
  std::string condition;
  while (chunks.next(condition)) {
    if (!without.empty()) condition += (condition.empty() ? "" : " AND ") + without;
    Batch batch(session);
    aside += insert_fitting(session, {projection, fill.target, condition, fill.aside});
    batch.commit();
    passed(Unit::rows, rows_in_chunk);
  }
  return aside;
}

}  // namespace

Carried fill(Session& session, const Fill& fill) {
  carries(session);
  if (!fill.aside.empty()) make_aside(session, fill.projection.from, fill.aside);
  const Projection& projection = fill.projection;
  Carried carried;
  std::string without;
  if (!fill.keep_from.empty()) {
    const Projection kept{projection.to, projection.to, fill.keep_from, {}};
    carried.set_aside += fill_from(session, kept, fill, {});
    without = "NOT EXISTS (SELECT 1 FROM " + identifier(fill.keep_from) + " AS k WHERE " +
              same_key(projection.to.key(), "k", "f") + ")";
  }
  carried.set_aside += fill_from(session, projection, fill, without);
  return carried;
}

}  // namespace rollback::mysql
