// The moment in which all tables of a set, of one schema or several, change places
// in one RENAME TABLE, right after the last work under their lock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

class Queue;

class CutOver {
 public:
  struct Cut {
    std::string schema;
    std::vector<std::string> contended;  // that the service may use
    std::vector<std::string> written;    // of ours, or whose keys are changed: locked, too
    std::vector<std::string> read;
    std::vector<std::string> logs;  // that triggers of the contended and written ones fill
    std::vector<std::pair<std::string, std::string>> renames;
    std::string held;  // a name for a table that is needed meanwhile, behind all in the alphabet
    std::function<void()> work;       // under the lock; may be called again
    std::function<void()> take_back;  // of what `work` did that others see; may be called again
  };

  // One for each schema. Logs in all that it will need, so that nobody waits for that.
  CutOver(const Place& place, Session& session, std::vector<Cut> cuts);
  ~CutOver();
  CutOver(const CutOver&) = delete;
  CutOver& operator=(const CutOver&) = delete;

  // Whether the server has ended none of the sessions that it logged in; throws
  // ServerError where it has ended the one that asks.
  bool has_its_sessions();

  // Locks, works and renames. Others wait meanwhile, and none of them fails. MySQL
  // renames under the lock; MariaDB cannot, see queue.h. Should a write come between
  // the lock and the RENAME all the same, it stands in the log of a table that is
  // displaced by then.
  //
  // Refused, with the sessions that hold a table, when it cannot be had in time;
  // then all is as before, and `take_back` was called. May be called once.
  void run(std::chrono::seconds deadline);

 private:
  void open_queue();
  void lock_tables(std::chrono::seconds wait);
  void once(std::chrono::seconds wait);

  const Place& place_;
  Session& session_;
  std::vector<Cut> cuts_;
  std::vector<TableName> contended_;
  std::unique_ptr<Queue> queue_;
  bool worked_ = false;
};

}  // namespace rollback::mysql
