// Rows put into a table that may not take all of them: those that do not fit are
// found by halves, and set aside with the server's reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

// A transaction by `autocommit`, since START TRANSACTION would give up LOCK TABLES.
class Batch {
 public:
  explicit Batch(Session& session);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  void commit();

 private:
  Session& session_;
  bool open_ = true;
};

// Rows of the projection for which `condition` holds (over its alias, as in
// select_projected()) go into `target`; empty: all.
struct Insertion {
  const Projection& projection;
  std::string target;
  std::string condition;
  std::string aside;  // by make_aside()
};

// Inside a Batch. How many were set aside.
std::int64_t insert_fitting(Session& session, const Insertion& insertion);
// The same of all rows of a table that stage() made.
std::int64_t insert_staged(Session& session, const Projection& projection,
                           const std::string& target, const std::string& aside);

// The statement alone; throws for what does not fit.
void insert_all(Session& session, const Insertion& insertion);

// A temporary table of rows in the shape of `definition`, numbered, as they are at
// this moment: "FROM …" of a query where they have that alias. Any such table
// that there was is gone. With an index on these columns, since to add one later would
// commit.
void stage(Session& session, const std::string& temporary, const Definition& definition,
           const std::string& alias, const std::string& from,
           const std::vector<std::string>& index = {});
std::int64_t count_rows(Session& session, const std::string& table);

// "`a`, `b`", or "f.`a`, f.`b`", of the stored columns. `alias` is SQL.
std::string columns_of(const Definition& definition, const std::string& alias = "");

// Sets rows of projection.table aside.
std::int64_t put_aside(Session& session, const Insertion& insertion, const std::string& reason);

}  // namespace rollback::mysql
