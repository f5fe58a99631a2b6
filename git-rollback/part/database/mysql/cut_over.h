// The moment in which all tables of a set change places, in one RENAME TABLE,
// right after the last work under their lock.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "part/database/mysql/place.h"

namespace rollback::mysql {

struct CutOver {
  std::vector<std::string> contended;  // that the service may use
  std::vector<std::string> written;    // of ours: locked, too
  std::vector<std::string> read;
  std::vector<std::pair<std::string, std::string>> renames;
  std::function<void()> work;       // under the lock; may be called again
  std::function<void()> take_back;  // of what `work` did that others see; may be called again
};

// Locks, works and renames. Others wait meanwhile, and none of them fails. MySQL
// renames under the lock. MariaDB cannot: a second session waits for the tables
// when the lock is given up, and goes before others that wait, but for those that
// wait for a table whose turn has not come. What those wrote stands in the log of
// a table that is displaced by then.
//
// Refused, with the sessions that hold a table, when it cannot be had in time;
// then all is as before, and `take_back` was called.
void cut_over(const Place& place, Session& session, const CutOver& what,
              std::chrono::seconds deadline);

}  // namespace rollback::mysql
