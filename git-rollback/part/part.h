// The one interface that carries the design (DESIGN §6): each kind of part
// implements it and knows nothing of the others. What is slow happens in
// prepare(), unseen; what is visible is a short list of atomic steps.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "part/check.h"
#include "part/salvage.h"
#include "store/kind.h"
#include "store/live.h"
#include "store/point.h"
#include "store/publication.h"

namespace rollback {

// A point while it is being recorded: each part adds its trailers to `point`,
// and the refs that must be published with it.
struct PointDraft {
  Point point;
  std::vector<RefChange> refs;
  std::vector<std::string> notices;  // for people, one line each
  // By component: the texts of its migration files that the deploy brings, which
  // this point is recorded before. Without the component: it is not known.
  std::map<std::string, std::vector<std::string>> migrations = {};
};

enum class Rows { automatic, restore, keep_all, keep_new };

// What becomes of a kept commit that does not apply without what goes.
enum class OnConflict {
  stop,     // a person resolves it
  closure,  // what it stands on is kept, too
  skip,     // it is left out
};

// What an operation asks of a part.
struct Request {
  std::string operation;
  Point target;
  LiveRecord live;                // what is left
  std::optional<Rows> rows;       // the user's word, over the configuration's
  std::int64_t loss_limit = 0;    // so many lost rows are accepted
  std::int64_t minimal_loss = 0;  // rollback.minimalLoss, for hints
  // What an emergency waits for losses to be counted; nothing: as long as it takes.
  std::optional<std::chrono::milliseconds> count_within;
  bool emergency = false;  // what can be put off until it is live again is put off
  bool drop_undeployed = false;
  std::vector<std::string> preserve;  // beside what the configuration says: classes, commits, none
  std::vector<std::string> no_preserve;  // commits
  OnConflict on_conflict = OnConflict::stop;
  bool with_config = false;                     // the component's config files go back too
  bool service_may_run_from_work_tree = false;  // no selected part is `binaries`
  bool branch_only = false;                     // nothing but a branch is made: no file is touched
  std::string resolutions;  // what take_resolution() returned; "" : no conflict was resolved
  std::string basis;        // to prepare(): that of the assessment which was shown
};

struct Obstacle {
  std::string reason;
  std::vector<std::string> hints;
  bool for_the_rows = false;       // automation leaves the part out rather than lose rows
  bool can_be_resolved = false;    // by a person, see Part::open_conflict()
  bool stands_on_commits = false;  // of those that go: OnConflict::closure may help
  bool out_of_reach = false;       // for now; automation leaves the part out, too

  bool can_be_left_out() const { return for_the_rows || out_of_reach; }
};

// Read-only: can it go back, and what would that mean.
struct Assessment {
  bool already = false;                       // at the target: there is nothing to do
  std::string but_for;                        // of already: "2 commits that are kept"
  std::optional<Obstacle> obstacle;           // it cannot go back
  std::string from, to;                       // a few words each, for the plan's table
  std::vector<std::string> details;           // one line each, below the table
  std::optional<std::int64_t> rows_lost = 0;  // rows and values no longer live; nothing: unknown
  std::vector<std::string> features;          // affected, from the commits that go
  std::string basis = {};  // what it stands on; prepare() refuses where that has changed since
};

enum class Observation {
  before,   // as the plan found it
  after,    // as the step leaves it
  between,  // we were stopped in the middle of it
  foreign,  // somebody else changed it
};

// One atomic change of the world. It decides by what it observes, never by a
// note that it made earlier, so each verb can be called again after a kill.
class Step {
 public:
  virtual ~Step() = default;

  // "config etc/playerbot.conf": for messages and fail points.
  virtual std::string name() const = 0;

  struct Seen {
    Observation what;
    std::string detail = {};     // for foreign: what stands there now
    std::string remedy = {};     // for foreign: what to type so that the operation can go on
    bool never_applied = false;  // for foreign: this step surely did not happen
  };
  virtual Seen observe() = 0;

  // Called while the service still runs, so that apply() is short. It changes nothing
  // that others see; what it takes goes with the process, what it makes by discard().
  virtual void get_ready() {}

  virtual void apply() = 0;   // from before or between to after
  virtual void revert() = 0;  // from after or between to before
};

struct Steps {
  std::vector<std::unique_ptr<Step>> swap;    // the visible moment, in order
  std::vector<std::unique_ptr<Step>> settle;  // after verification, such as the work tree
};

// What verify() has to say: something is wrong, or could not be looked at.
struct Finding {
  std::string what;  // one line, without its end
  bool wrong = true;
  bool out_of_reach = false;  // it could not be looked at, so neither right nor wrong
  std::vector<std::string> hints = {};
};

// A table that a part keeps so that a point can come back, and that retention
// may remove (DESIGN §8, safety rule 4).
struct KeptTable {
  std::string component;
  std::string database;      // as its url spells it
  std::string name;          // of the table that holds the rows
  std::string point;         // that needs it
  std::string operation;     // that displaced it; empty: a backup
  std::uint64_t volume = 0;  // of Volume
  std::int64_t bytes = 0;    // 0 until Part::measure()
};

// A filesystem that holds kept tables.
struct Volume {
  std::uint64_t id = 0;
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0;      // for a user like us
  std::int64_t reusable_bytes = 0;  // free inside of the databases on it
};

struct KeptTables {
  std::vector<KeptTable> tables;
  std::vector<Volume> volumes;  // one for each database: an id may be there again
};

class Part {
 public:
  explicit Part(std::string component) : component_(std::move(component)) {}
  virtual ~Part() = default;

  const std::string& component() const { return component_; }
  std::string name() const { return part_name(component_, kind()); }
  virtual Kind kind() const = 0;

  // Is anything there yet to be captured or swapped?
  virtual bool present() = 0;

  // At a point: record what is needed to come back.
  virtual void capture(PointDraft& draft) = 0;

  // The point was not published: remove what capture() made for it. May be
  // called again.
  virtual void forget(const std::string& point) = 0;

  virtual Assessment assess(const Request& request) = 0;

  // Read-only: would capture() and a rollback work here, by this user. Does not
  // throw for what it finds; at least one line.
  virtual std::vector<Check> diagnose(Depth depth) = 0;

  // Read-only: recomputes the hashes of what the point needs from this part,
  // whatever stands there now. Empty: all of it is as it was recorded. May take
  // as long as a backup. Throws only where a store does not answer.
  virtual std::vector<Finding> verify(const Point& point) = 0;

  // What retention may remove; a part that keeps nothing outside of git, or
  // has a retention of its own, has nothing here.
  virtual KeptTables kept() { return {}; }
  virtual void measure(std::vector<KeptTable>& /*tables*/) {
  }  // fills in bytes, of its own, where 0
  // Removes what kept() has for this point. May be called again, and is to be
  // where it returns false: a store is not there at the moment.
  virtual bool remove_kept(const std::string& /*point*/) { return true; }

  // What was displaced or set aside here, by any operation and environment. A part
  // that keeps nothing of the kind has nothing here.
  virtual std::vector<SalvageTable> salvageable() { return {}; }
  virtual void count_missing(std::vector<SalvageTable>& /*tables*/) {
  }  // fills in missing and changed, or unknown, of its own; may take long
  // Returns what there is to know about what was written, one line each.
  virtual std::vector<std::string> export_rows(const SalvageTable& /*table*/,
                                               const ExportOrder& /*order*/) {
    return {};
  }
  // Into the live tables, in one transaction. All tables are of one database. Throws
  // Refused where one table alone was chosen and its rows cannot be put back.
  virtual std::vector<PutBack> put_back(const std::vector<SalvageTable>& /*tables*/,
                                        const PutBackOrder& /*order*/) {
    return {};
  }

  // Where an obstacle can be resolved by a person: lays the conflict out in files
  // of its own, away from all that is live. May be called again, for the next one.
  struct OpenedConflict {
    std::string opened;              // journalled, and all that take_resolution() gets to know
    std::vector<std::string> lines;  // for the person: what is where, what to do
    bool resolved = false;           // nothing is left for a person: it can be taken at once
  };
  virtual OpenedConflict open_conflict(const Request& /*request*/) { return {}; }
  // What the person made of it, for Request::resolutions, with those that were
  // made before. Refused, with the hint how to go on, where it is not done yet.
  virtual std::string take_resolution(const std::string& /*opened*/) { return {}; }
  // Read-only: how it stands now.
  struct ConflictStanding {
    std::string commit, subject;          // of the commit that does not apply
    std::string folder;                   // where it is resolved; "": that is gone
    std::vector<std::string> unresolved;  // paths
  };
  virtual ConflictStanding look_at_conflict(const std::string& /*opened*/) { return {}; }

  // Slow, reversible, unseen. What it returns is journalled, and is all that
  // the functions below get to know, in this process or after a kill.
  virtual std::string prepare(const Request& request) = 0;

  virtual Steps steps(const std::string& prepared) = 0;

  // Adds to the point that records the state which the operation left: what
  // `undo` will need. Called after the swap, before anything is cleaned up.
  virtual void leave(const std::string& prepared, PointDraft& left) = 0;

  // The operation is over and its record published: clean up, keep the
  // displaced. May be called again.
  virtual void settle(const std::string& prepared) = 0;

  // The operation did not happen, or was reverted: remove what its prepare
  // made, however far it came. May be called again.
  virtual void discard(const std::string& operation) = 0;

  // Read-only: what an operation in flight has put there, and the service fails by now;
  // in the part's words, each with what mends it. Nothing where that is not known.
  virtual std::vector<Check> failing_writes() { return {}; }

 private:
  std::string component_;
};

}  // namespace rollback
