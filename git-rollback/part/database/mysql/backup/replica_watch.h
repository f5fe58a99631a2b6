// While a backup is made: waits for replicas that fall behind, as long as they move.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/server/place.h"
#include "part/database/mysql/server/replicas.h"

namespace rollback::mysql {

class ReplicaWatch {
 public:
  struct Patience {
    std::chrono::milliseconds standstill = std::chrono::minutes(1);
    std::chrono::milliseconds longest = std::chrono::minutes(10);  // for one replica, in all
  };

  explicit ReplicaWatch(const Place& place) : ReplicaWatch(place, Patience{}) {}
  ReplicaWatch(const Place& place, Patience patience) : place_(place), patience_(patience) {}

  // Logs in to those that the configuration or the server names.
  void find(Session& primary);

  // Returns when none is further behind than rollback.replicaLag. Throws Refused, with
  // the replica named, past our patience. One that cannot be asked is not waited for.
  void wait();

  // Which cannot be asked, which were waited for.
  std::vector<std::string> notices() const;

 private:
  struct Asked {
    std::string name;
    std::optional<Session> session;  // nothing: it cannot be asked any more
    std::chrono::milliseconds waited{0};
  };

  void find(const Follower& follower);
  std::optional<Lag> ask(Asked& replica);
  bool is_behind(const Lag& lag) const;
  void wait_for(Asked& replica, Lag lag);
  [[noreturn]] void refuse(const Asked& replica, const Lag& lag) const;
  void cannot_be_asked(const std::string& name, const std::string& why);

  const Place& place_;
  Patience patience_;
  std::vector<Asked> asked_;
  std::vector<std::string> notices_;
};

}  // namespace rollback::mysql
