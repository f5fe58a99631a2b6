// A time that several queries of one session may take together.
#pragma once

#include <chrono>
#include <optional>

#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

class StatementLimit {
 public:
  // Counts from now; nothing: no limit.
  StatementLimit(Session& session, std::optional<std::chrono::milliseconds> limit);
  ~StatementLimit();
  StatementLimit(const StatementLimit&) = delete;
  StatementLimit& operator=(const StatementLimit&) = delete;

  // Before each query: the server breaks it off when what is left has passed. When
  // nothing is left, throws what the server would.
  void renew();

  static bool is_passed(const ServerError& error);

 private:
  void set(std::chrono::milliseconds left);

  Session& session_;
  std::optional<std::chrono::steady_clock::time_point> end_;
};

}  // namespace rollback::mysql
