#include "session/sync.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <random>
#include <thread>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/file.h"
#include "session/deleted_tags.h"
#include "session/push_standing.h"
#include "store/names.h"
#include "store/pruned_points.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// Each of n clones that push at once is outrun by at most n - 1 others.
constexpr int attempts = 30;
constexpr int attempts_in_vain = 4;  // where the remote did not even change

// There for as long as a sync runs, so that the next one knows of a kill.
class Mark {
 public:
  explicit Mark(fs::path file) : file_(std::move(file)), after_kill_(fs::exists(file_)) {
    write_file(file_, "");
  }
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  ~Mark() {
    boost::system::error_code ignored;
    fs::remove(file_, ignored);
  }
  bool after_kill() const { return after_kill_; }

 private:
  fs::path file_;
  bool after_kill_;
};

std::string events_of(const RefIds& refs) {
  const auto found = refs.find(std::string(names::events_ref));
  return found == refs.end() ? "" : found->second;
}

std::string why_busy(const Repository& repository, Journal* journal,
                     const std::string& environment) {
  if (journal == nullptr) return "";
  if (const auto open = newest_open_deploy(repository, *journal, environment)) {
    return "deploy " + open->id + " is open";
  }
  const auto row = journal->in_flight();
  if (row && row->environment == environment) return "operation " + row->id + " is in flight";
  return "";
}

class Sync {
 public:
  Sync(Session session, const SyncRequest& request)
      : session_(std::move(session)),
        request_(request),
        remote_(find_remote(session_.repository, request.remote)) {
    report_.remote = remote_.shown;
  }

  SyncReport run() {
    const fs::path& common = session_.repository.common_dir;
    make_state_directory();
    const std::string about = "sync with " + remote_.shown;
    const FileLock one_at_a_time(names::sync_lock_file(common), about, short_wait);
    const Mark mark(names::syncing_file(common));
    if (mark.after_kill()) heal(about);
    int in_vain = 0;
    for (int attempt = 1;; ++attempt) {
      const RefIds before = theirs_;
      look_at_the_remote();
      in_vain = before == theirs_ ? in_vain + 1 : 0;
      report_.left.clear();
      report_.refused.clear();
      take_in(about);
      const bool last = attempt == attempts || in_vain == attempts_in_vain;
      if (!give(last)) break;
      pause(attempt);
    }
    return std::move(report_);
  }

 private:
  const Git& git() const { return session_.repository.git; }

  void make_state_directory() const {
    const fs::path folder = names::state_directory(session_.repository.common_dir);
    boost::system::error_code error;
    fs::create_directories(folder, error);
    if (error) throw Fatal("cannot create '" + folder.string() + "': " + error.message());
  }

  // What a killed sync left: locks of tracking refs, and an unfinished publication.
  void heal(const std::string& about) {
    clear_locks_of_tracking(git());
    const ChangingSession replays(session_, about, short_wait, InFlight::is_wanted);
  }

  void look_at_the_remote() {
    const RefIds listed = list_remote(git(), remote_);
    fail_point("sync listed");
    RefIds tags, record;
    for (const auto& [ref, id] : listed) {
      (ref.starts_with(names::tag_refs) ? tags : record).emplace(ref, id);
    }
    if (record != list_tracked(git(), remote_)) fetch_record(git(), remote_, listed);
    fail_point("sync fetched");
    theirs_ = list_tracked(git(), remote_);
    theirs_.merge(tags);
  }

  Sides sides() const {
    Sides sides{.ours = list_local(git()), .theirs = theirs_, .shown = remote_.shown, .pruned = {}};
    sides.pruned = pruned_points(git(), {events_of(sides.ours), events_of(sides.theirs)});
    return sides;
  }

  void take_in(const std::string& about) {
    auto journal = Journal::open_to_read(names::journal_file(session_.repository.common_dir));
    const auto busy = [&](const std::string& environment) {
      return why_busy(session_.repository, journal ? &*journal : nullptr, environment);
    };
    Incoming incoming = find_incoming(git(), sides(), busy);
    if (request_.dry_run) {
      for (const auto& tag : find_deleted_tags(session_.repository)) {
        report_.tags_put_back.push_back(tag.name);
      }
    } else if (!incoming.empty() || !find_deleted_tags(session_.repository).empty()) {
      incoming = take_in_under_lock(about);
    }
    for (const auto& point : incoming.points) report_.received.push_back(point.name);
    for (const auto& point : incoming.from_tags) report_.from_tags.push_back(point.name);
    for (const auto& move : incoming.live) report_.live_received.push_back(move.environment);
    report_.events_received += incoming.events;
    report_.left.insert(report_.left.end(), incoming.left.begin(), incoming.left.end());
  }

  // Decides again, since others may have changed the record until now.
  Incoming take_in_under_lock(const std::string& about) {
    ChangingSession changing(session_, about, short_wait, InFlight::is_wanted);
    Incoming incoming = find_incoming(git(), sides(), [&](const std::string& environment) {
      return why_busy(changing.repository(), &changing.journal(), environment);
    });
    Publication publication;
    for (const auto* points : {&incoming.points, &incoming.from_tags}) {
      for (const auto& [name, id] : *points) {
        publication.refs.push_back({names::point_ref(name.environment, name.id), "", id});
      }
    }
    for (const auto& [environment, from, to] : incoming.live) {
      publication.refs.push_back({names::live_ref(environment), from, to});
    }
    if (!incoming.notes.empty()) publication.merged_notes.push_back(incoming.notes);
    if (!incoming.empty()) publish(changing.git(), changing.journal(), publication);
    fail_point("sync taken in");
    put_tags_back(changing, incoming);
    return incoming;
  }

  void put_tags_back(ChangingSession& changing, Incoming& incoming) {
    const DeletedTags tags = restore_deleted_tags(changing);
    for (const auto& tag : tags.put_back) {
      const bool is_new =
          std::any_of(incoming.points.begin(), incoming.points.end(),
                      [&](const NamedTag& point) { return point.tag_id == tag.tag_id; });
      if (!is_new) report_.tags_put_back.push_back(tag.name);
    }
    if (!tags.problem.empty()) {
      incoming.left.push_back({"the points show no tags: " + tags.problem, {}});
    }
  }

  // True when another attempt is due, since others pushed meanwhile.
  bool give(bool last) {
    Outgoing outgoing = find_outgoing(git(), sides());
    report_.left.insert(report_.left.end(), outgoing.left.begin(), outgoing.left.end());
    if (!request_.push) return false;
    if (request_.dry_run) {
      for (const auto& ref : outgoing.refs) count_as_sent(ref.ref, 0);
      report_.events_sent = outgoing.events;
    }
    if (request_.dry_run || outgoing.refs.empty()) return false;
    PushOutcome pushed = push(git(), remote_, outgoing.refs);
    fail_point("sync pushed");
    report_.words = std::move(pushed.words);
    RefIds taken;
    for (size_t i = 0; i < outgoing.refs.size(); ++i) {
      if (pushed.results[i].outcome == Pushed::done) {
        taken.emplace(outgoing.refs[i].ref, outgoing.refs[i].id);
      }
    }
    follow(git(), remote_, taken);
    return count_results(pushed, outgoing.events, last);
  }

  bool count_results(const PushOutcome& pushed, std::size_t events, bool last) {
    bool outrun = false;
    for (const auto& result : pushed.results) {
      if (result.outcome == Pushed::done) {
        count_as_sent(result.ref, events);
      } else if (result.outcome == Pushed::outrun && !last) {
        outrun = true;
      } else {
        report_.refused.push_back({result.ref, result.reason});
      }
    }
    return outrun;
  }

  void count_as_sent(const std::string& ref, std::size_t events) {
    if (ref == names::events_ref) report_.events_sent += events;
    if (auto point = names::parse_point_ref(ref)) report_.sent.push_back(*std::move(point));
    if (auto live = names::parse_live_ref(ref)) report_.live_sent.push_back(*std::move(live));
  }

  static void pause(int attempt) {
    static std::mt19937 random(std::random_device{}());
    std::uniform_int_distribution<int> milliseconds(5, 20 * std::min(attempt, 10));
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
  }

  Session session_;
  SyncRequest request_;
  Remote remote_;
  RefIds theirs_;
  SyncReport report_;
};

}  // namespace

SyncReport sync(Session session, const SyncRequest& request) {
  return Sync(std::move(session), request).run();
}

}  // namespace rollback
