#include "part/database/mysql/server/statement_limit.h"

#include <string>

namespace rollback::mysql {
namespace {

constexpr int mariadb_code = 1969;
constexpr int mysql_code = 3024;

}  // namespace

StatementLimit::StatementLimit(Session& session, std::optional<std::chrono::milliseconds> limit)
    : session_(session) {
  if (limit) end_ = std::chrono::steady_clock::now() + *limit;
}

StatementLimit::~StatementLimit() {
  if (!end_) return;
  try {
    set(std::chrono::milliseconds(0));
  } catch (const std::exception&) {  // the connection is gone, and its settings with it
  }
}

void StatementLimit::set(std::chrono::milliseconds left) {
  const std::int64_t ms = left.count();
  session_.run(session_.flavour().mariadb
                   ? "SET SESSION max_statement_time = " + std::to_string(ms) + "e-3"
                   : "SET SESSION max_execution_time = " + std::to_string(ms));
}

void StatementLimit::renew() {
  if (!end_) return;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      *end_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    throw ServerError({session_.flavour().mariadb ? mariadb_code : mysql_code, "70100",
                       "the time for counting rows has passed"});
  }
  set(left);
}

bool StatementLimit::is_passed(const ServerError& error) {
  return error.code() == mariadb_code || error.code() == mysql_code;
}

}  // namespace rollback::mysql
