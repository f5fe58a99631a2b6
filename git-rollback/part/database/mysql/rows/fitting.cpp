#include "part/database/mysql/rows/fitting.h"

#include "part/database/mysql/rows/carry.h"

namespace rollback::mysql {
namespace {

constexpr const char* staged = "git_rollback_staged";
constexpr const char* number = "git_rollback_number";
constexpr const char* reason_column = "git_rollback_reason";

std::string between(std::int64_t first, std::int64_t last) {
  return std::string("f.") + number + " BETWEEN " + std::to_string(first) + " AND " +
         std::to_string(last);
}

// The rows of a table by stage().
class Staged {
 public:
  Staged(Session& session, const Projection& projection, const std::string& target,
         const std::string& aside)
      : session_(session), projection_(projection), target_(target), aside_(aside) {}

  std::int64_t insert() {
    const std::int64_t count = count_rows(session_, projection_.table);
    if (count == 0) return 0;
    if (projection_.to.transactional) return insert(1, count);
    // A failed statement would leave some of its rows.
    std::int64_t aside = 0;
    for (std::int64_t row = 1; row <= count; ++row) aside += insert(row, row);
    return aside;
  }

 private:
  std::int64_t insert(std::int64_t first, std::int64_t last) {
    const Insertion rows{projection_, target_, between(first, last), aside_};
    std::string reason;
    try {
      insert_all(session_, rows);
      return 0;
    } catch (const ServerError& error) {
      if (!error.is_about_a_row()) throw;
      reason = error.what();
    }
    if (first == last) return put_aside(session_, rows, reason);
    const std::int64_t middle = first + (last - first) / 2;
    return insert(first, middle) + insert(middle + 1, last);
  }

  Session& session_;
  const Projection& projection_;
  const std::string& target_;
  const std::string& aside_;
};

}  // namespace

Batch::Batch(Session& session) : session_(session) { session_.run("SET autocommit = 0"); }

Batch::~Batch() {
  if (!open_) return;
  try {
    session_.run("ROLLBACK");
    session_.run("SET autocommit = 1");
  } catch (const std::exception&) {  // the connection is gone, and the transaction with it
  }
}

void Batch::commit() {
  session_.run("COMMIT");
  open_ = false;
  session_.run("SET autocommit = 1");
}

std::string columns_of(const Definition& definition, const std::string& alias) {
  std::string list;
  for (const auto& column : definition.stored()) {
    list += (list.empty() ? "" : ", ") + (alias.empty() ? "" : alias + ".") + identifier(column);
  }
  return list;
}

void insert_all(Session& session, const Insertion& insertion) {
  session.run("INSERT INTO " + identifier(insertion.target) + " (" +
              columns_of(insertion.projection.to) + ") " +
              select_projected(insertion.projection, insertion.condition));
}

std::int64_t insert_fitting(Session& session, const Insertion& insertion) {
  const bool all_or_nothing = insertion.projection.to.transactional;
  try {
    if (all_or_nothing) {
      insert_all(session, insertion);
      return 0;
    }
  } catch (const ServerError& error) {
    if (!error.is_about_a_row()) throw;
  }
  Projection projection = insertion.projection;
  stage(session, staged, projection.from, projection.alias,
        identifier(projection.table) + " AS " + projection.alias +
            (insertion.condition.empty() ? "" : " WHERE " + insertion.condition));
  projection.table = staged;
  projection.alias = "f";
  return insert_staged(session, projection, insertion.target, insertion.aside);
}

std::int64_t insert_staged(Session& session, const Projection& projection,
                           const std::string& target, const std::string& aside) {
  return Staged(session, projection, target, aside).insert();
}

void stage(Session& session, const std::string& temporary, const Definition& definition,
           const std::string& alias, const std::string& from,
           const std::vector<std::string>& index) {
  std::string columns;
  for (const auto& column : index) columns += (columns.empty() ? "" : ", ") + identifier(column);
  session.run("DROP TEMPORARY TABLE IF EXISTS " + identifier(temporary));
  session.run("CREATE TEMPORARY TABLE " + identifier(temporary) + " (" + number +
              " BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY" +
              (columns.empty() ? "" : ", INDEX (" + columns + ")") + ") ENGINE=InnoDB SELECT " +
              columns_of(definition, alias) + " FROM " + from);
}

std::int64_t count_rows(Session& session, const std::string& table) {
  return session.number("SELECT count(*) FROM " + identifier(table));
}

void make_aside(Session& session, const Definition& from, const std::string& aside) {
  std::string columns = std::string(reason_column) + " TEXT CHARACTER SET utf8mb4";
  for (const auto& name : from.stored()) {
    const Column& column = *from.column(name);
    columns += ", " + identifier(name) + " " + column.full_type;
    if (!column.charset.empty()) {
      columns += " CHARACTER SET " + column.charset + " COLLATE " + column.collation;
    }
    columns += " NULL";
  }
  session.run("CREATE TABLE IF NOT EXISTS " + identifier(aside) + " (" + columns +
              ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC");
}

std::int64_t put_aside(Session& session, const Insertion& insertion, const std::string& reason) {
  const Projection& projection = insertion.projection;
  return session.run("INSERT INTO " + identifier(insertion.aside) + " (" + reason_column + ", " +
                     columns_of(projection.from) + ") SELECT " + literal(reason) + ", " +
                     columns_of(projection.from, "f") + " FROM " + identifier(projection.table) +
                     " AS f WHERE " + insertion.condition);
}

}  // namespace rollback::mysql
