// Which rows of a table are written while a copy of it is on the way: triggers
// note the keys, old and new, in a log table, and what is noted is carried over.
#pragma once

#include <cstdint>
#include <string>

#include "part/database/sqlite/definition.h"
#include "part/database/sqlite/projection.h"

namespace SQLite {
class Database;
}

namespace rollback::sqlite {

// All inside an open write transaction.
void start_log(SQLite::Database& db, const Definition& definition, const std::string& log);
void stop_log(SQLite::Database& db, const std::string& log);  // triggers and table
void drop_log_triggers(SQLite::Database& db, const std::string& log);

bool is_logged(SQLite::Database& db, const std::string& log);

// Distinct rows of the table that stand in the log and exist.
std::int64_t count_logged_rows(SQLite::Database& db, const Definition& definition,
                               const std::string& table, const std::string& log);

// Makes `target` (in the shape of projection.to) follow projection.table for
// every key in projection.key_in.
struct Carry {
  Projection projection;
  std::string target;
  bool whole = false;      // compare everything: the log cannot be trusted
  bool forgiving = false;  // pass over rows that do not fit, else SQLite's error
};
// How many rows did not fit; they are then in the temporary table `unfit`, in
// the columns of insert_into_table.
inline constexpr const char* unfit_rows = "git_rollback_unfit";
std::int64_t carry_over(SQLite::Database& db, const Carry& carry);

}  // namespace rollback::sqlite
