#include "part/database/mysql/backup/copy_watch.h"

#include <algorithm>
#include <string>
#include <thread>

#include "os/bytes_in_words.h"
#include "os/counted.h"
#include "os/error.h"
#include "os/progress.h"
#include "part/database/mysql/backup/space.h"
#include "part/database/mysql/server/replication.h"

namespace rollback::mysql {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto between_looks = std::chrono::seconds(1);
constexpr auto between_looks_at_others = std::chrono::milliseconds(100);
constexpr std::int64_t sessions_of_ours = 4;  // that read, write and look
constexpr double weight_of_a_look = 0.2;
constexpr auto pause_for_replicas = std::chrono::milliseconds(100);
// A replica that stands still must not hold a deploy for ever.
constexpr auto longest_wait = std::chrono::minutes(2);

const std::vector<std::string> hints_for_space{
    "git rollback prune", "keep less of the largest tables with backup: in .rollback.yml"};

}  // namespace

void CopyWatch::require_space_for(std::int64_t bytes) {
  replicas_.find(session_);
  const auto volume = volume_of(session_, endpoint_);
  if (!volume) {
    notices_.push_back("how much space the server of database '" + place_.schema +
                       "' has cannot be seen from here");
    return;
  }
  const std::int64_t reserve = reserve_of(*volume);
  if (volume->free_bytes - bytes >= reserve) return;
  throw Refused("the backup of database '" + place_.schema + "' needs about " +
                    bytes_in_words(bytes) + ", and of the " + bytes_in_words(volume->free_bytes) +
                    " that are free, " + bytes_in_words(reserve) + " are left to the service",
                hints_for_space);
}

void CopyWatch::look(bool may_wait) {
  if (Clock::now() - looked_at_others_ < between_looks_at_others) return;
  look_at_others();
  looked_at_others_ = Clock::now();
  if (Clock::now() - looked_ < between_looks) return;
  const auto volume = volume_of(session_, endpoint_);
  if (volume && volume->free_bytes < reserve_of(*volume)) {
    throw Refused("the disk of database '" + place_.schema + "' is nearly full: only " +
                      bytes_in_words(volume->free_bytes) + " are free, so its backup was stopped",
                  hints_for_space);
  }
  if (may_wait) {
    replicas_.wait();
    wait_until_sent();
  }
  looked_ = Clock::now();
}

std::vector<std::string> CopyWatch::notices() const {
  auto all = replicas_.notices();
  all.insert(all.end(), notices_.begin(), notices_.end());
  return all;
}

// Which are at work, not each login may see; how many, it may.
void CopyWatch::look_at_others() {
  const auto shown = session_.rows("SHOW GLOBAL STATUS LIKE 'Threads_running'");
  if (shown.empty() || !shown[0].at(1)) return;
  const std::int64_t others =
      std::max<std::int64_t>(0, std::stoll(*shown[0][1]) - sessions_of_ours);
  others_ += weight_of_a_look * (static_cast<double>(others) - others_);
  busy_ = others_ > 0.5;
}

void CopyWatch::wait_until_sent() {
  if (place_.settings.replica_lag_s == 0) return;
  while (waited_ < longest_wait && replicas_of(session_).behind > 0) {
    std::this_thread::sleep_for(pause_for_replicas);
    waited_ += pause_for_replicas;
    passed(Unit::rows, 0);
  }
}

}  // namespace rollback::mysql
