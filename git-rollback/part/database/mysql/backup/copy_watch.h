// While a backup is made: keeps the disk from filling up, and replicas from
// falling behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

class CopyWatch {
 public:
  CopyWatch(const Place& place, Session& session)
      : place_(place), session_(session), endpoint_(place.endpoint()) {}

  // Throws Refused where a copy of so many bytes would leave less than the reserve.
  void require_space_for(std::int64_t bytes);

  // Called between two statements, often: looks once a second. Throws Refused
  // when the reserve is touched; waits while a replica has not been sent all.
  void look(bool may_wait);

  const std::vector<std::string>& notices() const { return notices_; }

 private:
  void wait_for_replicas();

  const Place& place_;
  Session& session_;
  Endpoint endpoint_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds waited_{0};
  std::vector<std::string> notices_;
};

}  // namespace rollback::mysql
