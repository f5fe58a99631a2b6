// The way of a swap, there or back, of one database: what is done while the service
// runs, under the lock, and after the tables were renamed, which crossing.h does. All
// can be called again after a kill at any moment, theirs or the server's.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/cascades.h"
#include "part/database/mysql/swap/change.h"
#include "part/database/mysql/swap/cut_over.h"
#include "part/database/mysql/swap/keys.h"
#include "part/database/mysql/swap/orphans.h"

namespace rollback::mysql {

// One table of a swap, as it is seen on the way there, or back.
struct Turn {
  const Change* change;
  const Definition* leaves = nullptr;  // what is live before the RENAME
  const Definition* comes = nullptr;   // what is live after it
  std::string gone;                    // what the table that leaves is called then
  std::string waits;                   // what the one that comes is called before
  std::string log;                     // of what is written to the one that leaves
  std::string next_log;                // of what is written to the one that comes
  std::string aside;                   // in the shape of what leaves
  bool has_aside = false;              // the rows of `leaves` may have to go there
  std::vector<std::string> kept = {};  // with rows that the one that comes has in its own way
  std::vector<std::string> read = {};  // under the lock, beside all these
};

enum class Way { there, back };

// In a session that several may share: it uses the place's schema whenever one of
// these is called.
class Exchange {
 public:
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const std::string& schema() const { return place_.schema; }
  bool is_renamed();
  // While the service runs: makes what is needed, then brings rows up to now.
  void get_ready();
  void catch_up();
  // With what was written since, where that is much.
  void catch_up_with_much();
  // What is renamed and locked for that, and done meanwhile. Once it is ready.
  CutOver::Cut cut();
  // Before the lock is asked for: of keys in databases that are not locked.
  void take_keys_off();
  void put_keys_back();  // where nothing was renamed after all
  // After the RENAME. `complete`: all was done under the lock by this process.
  void finish(bool complete);

 protected:
  Exchange(Session& session, const Place& place, const Plan& plan, Way way);

  // What differs on the two ways. Of keys that came since the plan was made: throws
  // Refused, or keeps them as it does those of the plan.
  virtual void require_known_keys() = 0;
  virtual void before_catching_up() = 0;
  virtual void note_what_fires_no_trigger(const std::vector<Followed>& /*tables*/) {}
  // Under the lock, where it must not take long: throws EmptiedMeanwhile.
  virtual void require_none_emptied(const std::vector<Followed>& /*tables*/) {}
  virtual void after_catching_up() {}
  virtual Carry carry(const Turn& turn) const = 0;
  // Under the lock; `logged`: whether anything was written. All in one Batch.
  virtual void before_bringing() {}
  virtual void bring_last(const Turn& turn, bool logged) = 0;
  virtual void after_bringing() {}  // when that is committed
  virtual void after_renaming() {}  // after the RENAME, at last
  // After the RENAME, where the log has anything.
  virtual void bring_late(const Turn& turn) = 0;

  void carry_late(const Turn& turn);
  // Taken off with those of the plan; after the RENAME, who keeps it puts it on again.
  void keep_key(const OutsideKey& key);

  Session& session_;
  Registry registry_;
  const Plan& plan_;
  std::vector<Turn> turns_;
  std::vector<OutsideKey> keys_that_came_;

 private:
  void take_off(const OutsideKey& key);
  void carry_what_was_written();
  std::int64_t count_waiting();
  void leave_logs_unused();
  std::vector<Followed> followed(bool renamed = false) const;
  std::vector<std::string> logs() const;
  void under_lock();
  void bring_up_to_now();
  void keep_counters();
  void move_triggers();
  void complete_triggers(bool renamed);
  void finish_rows();
  void fail_at(const char* moment) const;

  const Place& place_;
  Way way_;
  std::vector<Arrival> arrivals_;
  std::vector<OutsideKey> keys_here_, keys_elsewhere_;  // from outside
  OrphanWatch orphans_;
};

// `place` and `plan` stay where they are.
std::unique_ptr<Exchange> exchange_there(Session& session, const Place& place, const Plan& plan);
// Today's rows are never made anew. What was written since goes back by its key, or
// aside where it does not fit, was written to rows that do not stay, or has no key
// that both tables have; then a row that was deleted since is there again.
//
// What was done by TRUNCATE TABLE, or to a partition, goes back as if each row had been
// deleted or inserted (emptied.h).
//
// Not seen: what a cascade did to a row that did not fit at first and did later; that
// row is as it was.
std::unique_ptr<Exchange> exchange_back(Session& session, const Place& place, const Plan& plan);

}  // namespace rollback::mysql
