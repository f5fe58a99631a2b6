#include "part/database/mysql/backup/replica_watch.h"

#include <algorithm>
#include <thread>

#include "os/counted.h"
#include "os/error.h"
#include "os/progress.h"
#include "part/database/mysql/server/replication.h"

namespace rollback::mysql {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto between_looks = std::chrono::milliseconds(250);

std::chrono::milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

std::string seconds_of(std::chrono::milliseconds time) {
  return counted(std::max<std::int64_t>(1, time.count() / 1000), "second");
}

}  // namespace

void ReplicaWatch::find(Session& primary) {
  if (place_.settings.replica_lag_s == 0) return;
  for (const Follower& follower : place_.replicas) find(follower);
  for (const Follower& follower : listed_replicas(primary, place_.endpoint())) find(follower);
  const auto unknown = replicas_of(primary).connected - static_cast<std::int64_t>(asked_.size());
  if (unknown > 0 && notices_.empty()) {
    notices_.push_back(counted(unknown, "replica") + " of database '" + place_.schema +
                       "' cannot be asked how far behind it is, and is not waited for: name it by "
                       "git config --add rollback.replica <url>");
  }
}

void ReplicaWatch::find(const Follower& follower) {
  const bool known = std::any_of(asked_.begin(), asked_.end(),
                                 [&](const Asked& one) { return one.name == follower.name; });
  if (known) return;
  try {
    Asked replica{follower.name, Session(follower.endpoint())};
    if (lag_of(*replica.session)) {
      asked_.push_back(std::move(replica));
    } else {
      cannot_be_asked(follower.name, "it follows no server");
    }
  } catch (const std::runtime_error& error) {
    cannot_be_asked(follower.name, error.what());
  }
}

void ReplicaWatch::wait() {
  for (Asked& replica : asked_) {
    const auto lag = ask(replica);
    if (lag && is_behind(*lag)) wait_for(replica, *lag);
  }
}

std::optional<Lag> ReplicaWatch::ask(Asked& replica) {
  if (!replica.session) return std::nullopt;
  try {
    if (auto lag = lag_of(*replica.session)) return lag;
    cannot_be_asked(replica.name, "it follows no server any more");
  } catch (const ServerError& error) {
    cannot_be_asked(replica.name, error.what());
  }
  replica.session.reset();
  return std::nullopt;
}

bool ReplicaWatch::is_behind(const Lag& lag) const {
  return !lag.seconds || *lag.seconds > place_.settings.replica_lag_s;
}

void ReplicaWatch::wait_for(Asked& replica, Lag lag) {
  const Waiting shown("replica '" + replica.name + "'");
  const auto start = Clock::now();
  auto moved = start;
  const auto before = replica.waited;
  while (is_behind(lag)) {
    if (since(moved) > patience_.standstill || replica.waited > patience_.longest) {
      refuse(replica, lag);
    }
    std::this_thread::sleep_for(between_looks);
    passed(Unit::rows, 0);
    replica.waited = before + since(start);
    auto now = ask(replica);
    if (!now) return;
    if (now->position != lag.position) moved = Clock::now();
    lag = *std::move(now);
  }
}

void ReplicaWatch::refuse(const Asked& replica, const Lag& lag) const {
  const std::string behind =
      lag.seconds ? "is " + counted(*lag.seconds, "second") + " behind" : "has stopped";
  throw Refused(
      "replica '" + replica.name + "' of database '" + place_.schema + "' " + behind +
          ", and was waited for " + seconds_of(replica.waited) + ": the backup was stopped",
      {"SHOW " + std::string(replica.session->flavour().mariadb ? "ALL SLAVES" : "REPLICA") +
           " STATUS on the replica says why",
       "git config rollback.replicaLag 0  # to wait for no replica"});
}

void ReplicaWatch::cannot_be_asked(const std::string& name, const std::string& why) {
  notices_.push_back("replica '" + name + "' of database '" + place_.schema +
                     "' cannot be asked how far behind it is, and is not waited for: " + why);
}

std::vector<std::string> ReplicaWatch::notices() const {
  std::vector<std::string> all = notices_;
  for (const Asked& replica : asked_) {
    if (replica.waited.count() == 0) continue;
    all.push_back("waited " + seconds_of(replica.waited) + " for replica '" + replica.name +
                  "' of database '" + place_.schema + "', which was behind");
  }
  return all;
}

}  // namespace rollback::mysql
