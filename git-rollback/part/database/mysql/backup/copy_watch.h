// While a backup is made: keeps the disk from filling up, replicas from falling
// behind, and the server's other sessions from being crowded out.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "part/database/mysql/backup/replica_watch.h"
#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

class CopyWatch {
 public:
  CopyWatch(const Place& place, Session& session)
      : place_(place), session_(session), endpoint_(place.endpoint()), replicas_(place) {}

  // Throws Refused where a copy of so many bytes would leave less than the reserve.
  void require_space_for(std::int64_t bytes);

  // Called between two statements, often: looks at the others ten times a second, at
  // the rest once. Throws Refused when the reserve is touched; waits for replicas, as ReplicaWatch
  // does, and for a while for one that was not sent all.
  void look(bool may_wait);

  // Whether others were at work on the server lately. From any thread.
  bool is_busy() const { return busy_; }

  std::vector<std::string> notices() const;

 private:
  void wait_until_sent();
  void look_at_others();

  const Place& place_;
  Session& session_;
  Endpoint endpoint_;
  ReplicaWatch replicas_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point looked_at_others_ = looked_;
  double others_ = 0;  // that run at once, on average
  std::atomic<bool> busy_{false};
  std::chrono::milliseconds waited_{0};
  std::vector<std::string> notices_;
};

}  // namespace rollback::mysql
