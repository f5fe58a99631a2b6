#include "os/notice.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/lacking.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/swap/emptied.h"
#include "part/database/mysql/swap/exchange.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/late_rows.h"
#include "part/database/mysql/swap/returned.h"

namespace rollback::mysql {
namespace {

constexpr const char* has_no_place =
    "it was written since the swap, and no key tells which row of today's it is";

bool has_common_key(const Turn& turn) { return !common_key(*turn.leaves, *turn.comes).empty(); }

class Back : public Exchange {
 public:
  Back(Session& session, const Place& place, const Plan& plan)
      : Exchange(session, place, plan, Way::back), emptied_(session_, registry_, plan) {
    keep_recorded_keys();
    for (Turn& turn : turns_) {
      turn.has_aside = turn.leaves != nullptr;
      if (!takes_live_rows(*turn.change)) continue;
      turn.kept = never_live(*turn.change);
      turn.read = turn.kept;
    }
  }

 private:
  // Where rows of the displaced table are that were not live since, and are not gone.
  std::vector<std::string> never_live(const Change& change) {
    std::vector<std::string> tables;
    if (change.choice == Choice::keep_new) tables.push_back(change.source);
    if (table_exists(session_, change.aside)) tables.push_back(change.aside);
    if (!change.returning.empty() && table_exists(session_, returned(change))) {
      tables.push_back(returned(change));
    }
    return tables;
  }

  // Of the keys in the log alone: all other rows of the displaced table are today's.
  Carry carry(const Turn& turn) const override {
    const Change& change = *turn.change;
    const bool fills = !columns_only_in(*turn.comes, *turn.leaves).empty();
    return {.projection = {*turn.leaves, *turn.comes, turn.leaves->name, fills ? turn.waits : ""},
            .log = turn.log,
            .target = turn.waits,
            .aside = turn.aside,
            .not_for_target = change.choice == Choice::keep_new ? change.source : ""};
  }

  // Those that an earlier try may have taken off.
  void keep_recorded_keys() {
    const auto operation = registry_.operation(plan_.operation);
    if (!operation) return;
    for (const OutsideKey& key : plan_from(operation->plan).outside_keys) {
      if (!knows(plan_, key)) keep_key(key);
    }
  }

  // They came since the swap, and are recorded before they are taken off.
  void require_known_keys() override {
    auto operation = registry_.operation(plan_.operation);
    if (!operation) return;
    Plan recorded = plan_from(operation->plan);
    for (const OutsideKey& key : unknown_keys(session_, plan_)) {
      if (knows(recorded, key)) continue;
      keep_key(key);
      recorded.outside_keys.push_back(key);
    }
    operation->plan = to_text(recorded);
    registry_.put(*operation);
  }

  void after_renaming() override {
    for (const OutsideKey& key : keys_that_came_) {
      try {
        add_keys(session_, {key});
      } catch (const ServerError& error) {
        if (error.is_lost_connection() || error.is_lock_timeout()) throw;
        give_notice({"table '" + key.table + "' got a foreign key to table '" + key.key.parent +
                         "' since the swap, which cannot be made again: " + error.what(),
                     {"it was: " + key.key.sql}});
      }
    }
  }

  void before_catching_up() override {
    for (const Turn& turn : turns_) {
      if (takes_live_rows(*turn.change) && !has_common_key(turn)) count_displaced(turn);
    }
  }

  void note_what_fires_no_trigger(const std::vector<Followed>& tables) override {
    emptied_.note(tables);
    emptied_.note_unknown(tables);
  }

  void require_none_emptied(const std::vector<Followed>& tables) override {
    emptied_.require_noted(tables);
  }

  void bring_last(const Turn& turn, bool logged) override {
    if (!logged) return;
    if (!takes_live_rows(*turn.change)) return set_aside(turn, turn.leaves->name);
    if (!has_common_key(turn)) return;  // bring_late() compares
    Carry last = carry(turn);
    last.last = true;
    last.in_batch = true;
    carry_over(session_, last);
  }

  // Those of which the key is in the log; without a key, all.
  void set_aside(const Turn& turn, const std::string& table) {
    const auto key = turn.leaves->key();
    const std::string log = identifier(turn.log);
    const std::string from = identifier(table);
    const std::string rows = key.empty() ? from
                                         : "(SELECT DISTINCT " + log_columns(key) + " FROM " + log +
                                               ") AS git_rollback_d JOIN " + from + " ON " +
                                               same_logged_key(key, from, "git_rollback_d");
    const std::string staged = "git_rollback_late";
    stage(session_, staged, *turn.leaves, from, rows);
    put_aside(session_, {{*turn.leaves, *turn.leaves, staged, ""}, "", "true", turn.aside},
              did_not_stay);
    session_.run("DELETE FROM " + log);
    note_of_no_row(session_, turn.log);
  }

  void bring_late(const Turn& turn) override {
    if (!takes_live_rows(*turn.change)) return set_late_aside(turn);
    has_common_key(turn) ? carry_late(turn) : set_lacking_aside(turn);
  }

  // What came between the lock and the RENAME goes with the point's rows, too.
  void set_late_aside(const Turn& turn) {
    make_aside(session_, *turn.leaves, turn.aside);
    if (turn.leaves->key().empty()) {
      const Lacking rows{.projection = {*turn.leaves, *turn.leaves, turn.gone, ""},
                         .other = turn.aside,
                         .counts = turn.change->id + "_counts"};
      count_rows_alike(session_, rows);
      set_aside_lacking(session_, rows, turn.aside, did_not_stay);
      return;
    }
    if (session_.number("SELECT count(k1) FROM " + identifier(turn.log)) == 0) return;
    Batch batch(session_);
    set_aside(turn, turn.gone);
    batch.commit();
  }

  static Lacking lacking(const Turn& turn, const std::string& other) {
    return {.projection = {*turn.leaves, *turn.comes, turn.gone, ""},
            .other = other,
            .counts = turn.change->id + "_counts"};
  }

  // While nobody writes there.
  void count_displaced(const Turn& turn) {
    count_rows_alike(session_, lacking(turn, turn.waits));
    counted_.insert(turn.change);
  }

  // Nothing goes back: a row that was written cannot be told from one that is as it was.
  void set_lacking_aside(const Turn& turn) {
    const Lacking rows = lacking(turn, turn.comes->name);
    if (!counted_.contains(turn.change)) count_rows_alike(session_, rows);  // it was stopped
    make_aside(session_, *turn.leaves, turn.aside);
    set_aside_lacking(session_, rows, turn.aside, has_no_place);
    session_.run("DELETE FROM " + identifier(turn.log));
    note_of_no_row(session_, turn.next_log);  // what comes in is no longer as it was filled
  }

  EmptiedWatch emptied_;
  std::set<const Change*> counted_;
};

}  // namespace

std::unique_ptr<Exchange> exchange_back(Session& session, const Place& place, const Plan& plan) {
  return std::make_unique<Back>(session, place, plan);
}

}  // namespace rollback::mysql
