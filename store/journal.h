// The journal: the authority for operations in flight, open deploys and
// publications under way. Local, durable (WAL, synchronous=FULL), no cache.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/clock.h"
#include "store/publication.h"

namespace SQLite {
class Database;
}

namespace rollback {

// The life of an operation.
enum class State {
  preparing,   // nothing visible was done; a kill here leaves only what discard() removes
  conflicted,  // nothing visible was done, and a person resolves a conflict
  intended,    // goes forward: the swap may have begun
  held,        // swapped, verification failed, waits for a person
  verified,    // all is swapped and answers: only the settling is left
  published,   // the record is written: only the cleaning is left
  reverting,   // goes back
  discarding,  // is back: only the cleaning is left
  done,
  reverted,
};
std::string_view name_of(State state);

struct OperationRow {
  std::string id;
  std::string environment;
  State state = State::preparing;
  std::string plan;           // JSON, what was shown and is carried out
  std::string configuration;  // the text of .rollback.yml that it began with
  std::string host;
  Time started{};
};

// A push that is deployed, or was cut short: the work tree may stand between
// its two commits until a later one is checked out entirely.
struct PushRow {
  long long seq = 0;    // 0: not written yet
  std::string deploy;   // the point that was recorded; "" where nothing was live before
  std::string process;  // who works on it, see os/process_identity.h; "": nobody any more
  std::string old_commit, new_commit;  // "" : the branch was not there
};

struct OpenDeploy {
  std::string id;  // the point that pre-deploy recorded
  std::string environment;
};

class Journal {
 public:
  // Creates it when missing. Fatal for one that is damaged or newer than this
  // program; nothing is touched then.
  explicit Journal(const boost::filesystem::path& file);
  // For verbs that only read: nothing where there is none yet.
  static std::optional<Journal> open_to_read(const boost::filesystem::path& file);
  ~Journal();
  Journal(Journal&&) noexcept;

  long long begin_publication(const Publication& publication);
  void end_publication(long long id);
  std::vector<std::pair<long long, Publication>> pending_publications();

  void begin_operation(const OperationRow& row);
  void set_state(const std::string& id, State state);
  // A person resolves a conflict: the plan says what it waits for.
  void wait_for_person(const std::string& id, const std::string& plan);
  // The durable intent: the plan with all that was prepared, in one write.
  void intend(const std::string& id, const std::string& plan);
  // A part of it was given up: the plan says which. It goes on from where it is.
  void give_up(const std::string& id, const std::string& plan);
  // The operations of which a part was given up, oldest first.
  std::vector<std::string> given_up();
  std::optional<OperationRow> operation(const std::string& id);
  std::optional<OperationRow> in_flight();

  // A point whose parts are being captured, until it is published or forgotten.
  struct Capturing {
    std::string environment, point;
  };
  void begin_capture(const Capturing& capturing);
  void end_capture(const Capturing& capturing);
  std::vector<Capturing> captures();

  // A point whose backups or displaced tables are being removed, from before the
  // event that says so until they are gone.
  struct Pruning {
    std::string environment, point;
  };
  void begin_pruning(const Pruning& pruning);
  void end_pruning(const Pruning& pruning);
  std::vector<Pruning> prunings();

  void open_deploy(const OpenDeploy& deploy);
  // Newest first. One that was opened before another that is closed was given up,
  // and is none.
  std::vector<OpenDeploy> open_deploys(const std::string& environment);
  std::optional<OpenDeploy> newest_open_deploy(const std::string& environment);
  void close_deploy(const std::string& id);

  // Oldest first.
  std::vector<PushRow> pushes();
  void begin_push(const PushRow& push);
  void set_process_of_push(long long seq, const std::string& process);
  // With those before it: the work tree is what the last of them brought.
  void end_pushes(long long last_seq);
  // One that brought nothing, with its deploy, where that is open still, as if
  // neither had begun: what was open before it is again.
  void forget_push(const PushRow& push);

  // How long a phase took here, for estimates: the median of the last ten.
  void measured(const std::string& phase, std::chrono::milliseconds duration);
  std::optional<std::chrono::milliseconds> usual(const std::string& phase);

 private:
  explicit Journal(std::unique_ptr<SQLite::Database> database);
  void set_state_and_plan(const std::string& id, State state, const std::string& plan);

  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace rollback
