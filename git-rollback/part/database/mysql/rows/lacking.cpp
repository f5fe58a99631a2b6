#include "part/database/mysql/rows/lacking.h"

#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/values.h"

namespace rollback::mysql {
namespace {

constexpr const char* rows_table = "git_rollback_rows";

std::string hash(const std::vector<std::string>& values) {
  std::string list = "''";
  for (const auto& value : values) list += ", IFNULL(SHA2(" + value + ", 256), '-')";
  return "SHA2(CONCAT(" + list + "), 256)";
}

std::string hash_of_row(const Projection& projection) {
  std::vector<std::string> values;
  for (const auto& name : columns_in_common(projection.from, projection.to)) {
    const Column& column = *projection.from.column(name);
    values.push_back(
        text_of(column, identifier(projection.table) + "." + identifier(column.name), column));
  }
  return hash(values);
}

// As it was when it got the type that the rows have.
std::string hash_of_other(const Lacking& lacking) {
  const Projection& projection = lacking.projection;
  std::vector<std::string> values;
  for (const auto& name : columns_in_common(projection.from, projection.to)) {
    const Column& column = *projection.from.column(name);
    const Column& other = *projection.to.column(name);
    const bool same = column.full_type == other.full_type && column.charset == other.charset;
    const std::string value = identifier(lacking.other) + "." + identifier(other.name);
    values.push_back(text_of(column, same ? value : typed(column, value), column));
  }
  return hash(values);
}

}  // namespace

void count_rows_alike(Session& session, const Lacking& lacking) {
  session.run("DROP TEMPORARY TABLE IF EXISTS " + identifier(lacking.counts));
  session.run("CREATE TEMPORARY TABLE " + identifier(lacking.counts) +
              " (INDEX (git_rollback_row)) ENGINE=InnoDB SELECT " + hash_of_other(lacking) +
              " AS git_rollback_row, count(*) AS git_rollback_many FROM " +
              identifier(lacking.other) + " GROUP BY git_rollback_row");
}

std::int64_t set_aside_lacking(Session& session, const Lacking& lacking, const std::string& aside,
                               const std::string& reason) {
  Projection projection = lacking.projection;
  const std::string table = identifier(projection.table);
  const std::string row = hash_of_row(projection);
  Batch batch(session);
  stage(session, rows_table, projection.from, "git_rollback_d",
        "(SELECT " + columns_of(projection.from, table) + ", " + row +
            " AS git_rollback_row, row_number() OVER (PARTITION BY " + row +
            ") AS git_rollback_nth FROM " + table + ") AS git_rollback_d LEFT JOIN " +
            identifier(lacking.counts) +
            " AS git_rollback_l ON git_rollback_l.git_rollback_row ="
            " git_rollback_d.git_rollback_row WHERE git_rollback_nth >"
            " coalesce(git_rollback_many, 0)");
  projection.table = rows_table;
  const std::int64_t rows = put_aside(session, {projection, "", "true", aside}, reason);
  batch.commit();
  return rows;
}

}  // namespace rollback::mysql
