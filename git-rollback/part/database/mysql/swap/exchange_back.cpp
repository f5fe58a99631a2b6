#include <limits>
#include <set>

#include "os/error.h"
#include "os/fail_point.h"
#include "part/database/mysql/catalogue/triggers.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/lacking.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/swap/cascades.h"
#include "part/database/mysql/swap/cut_over.h"
#include "part/database/mysql/swap/exchange.h"
#include "part/database/mysql/swap/enough_rights.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/keys.h"
#include "part/database/mysql/swap/late_rows.h"
#include "part/database/mysql/swap/orphans.h"
#include "part/database/mysql/swap/standing.h"

namespace rollback::mysql {
namespace {

constexpr std::int64_t few_keys = 200;
constexpr const char* has_no_place =
    "it was written since the swap, and no key tells which row of today's it is";

class ExchangeBack {
 public:
  ExchangeBack(const Place& place, Session& session, Registry& registry, const Plan& plan)
      : place_(place),
        session_(session),
        registry_(registry),
        plan_(plan),
        orphans_(session, registry, plan, true) {
    for (const Change& change : plan.changes) {
      if (change.swaps()) changes_.push_back(&change);
    }
  }

  void run() {
    carries(session_);
    if (is_renamed(session_, plan_)) {
      get_ready();
      orphans_.look();
      fail_point("database revert: ready");
      drop_keys(session_, plan_.outside_keys);
      fail_point("database revert: without keys");
      try {
        cut_over(place_, session_, cut(), default_deadline);
      } catch (const std::exception&) {
        // The answer can be lost of a RENAME that was done.
        if (is_renamed(session_, plan_)) {
          add_keys(session_, plan_.outside_keys);
          throw;
        }
      }
    }
    fail_point("database revert: renamed");
    finish();
  }

 private:
  // Rows set aside by a revert have the shape of what goes; those by the swap had
  // that of what comes back.
  static std::string aside_of(const Change& change) { return change.id + "_aside"; }

  // Of the keys in the log alone: all other rows of the displaced table are today's.
  static Carry carry_back(const Change& change) {
    return {.projection = {*change.after, *change.before, change.after->name, change.displaced},
            .log = change.after_log(),
            .target = change.displaced,
            .aside = aside_of(change),
            .not_for_target = change.choice == Choice::keep_new ? change.source : ""};
  }

  static bool has_common_key(const Change& change) {
    return !common_key(*change.after, *change.before).empty();
  }

  void get_ready() {
    require_rights(session_, plan_);
    for (const Change* change : changes_) {
      if (change->after) make_aside(session_, *change->after, aside_of(*change));
      if (takes_live_rows(*change) && !has_common_key(*change)) count_displaced(*change);
    }
    add_inner_keys(session_, arrivals_of_revert(plan_));
    const auto tables = followed();
    note_all_cascades(session_, tables);
    // As long as it becomes less fast, since each round reads whole tables.
    std::int64_t before = 0;
    std::int64_t keys = std::numeric_limits<std::int64_t>::max();
    do {
      before = keys;
      keys = 0;
      for (const Change* change : changes_) {
        if (takes_live_rows(*change)) keys += carry_over(session_, carry_back(*change)).keys;
      }
      note_all_cascades(session_, tables);
    } while (keys > few_keys && keys < before / 2);
  }

  // Where rows of the displaced table are that were not live since, and are not gone.
  std::vector<std::string> never_live(const Change& change) const {
    std::vector<std::string> tables;
    if (change.choice == Choice::keep_new) tables.push_back(change.source);
    if (table_exists(session_, change.aside)) tables.push_back(change.aside);
    return tables;
  }

  std::vector<Followed> followed(bool renamed = false) const {
    std::vector<Followed> all;
    for (const Change* change : changes_) {
      if (!change->after) continue;
      Followed one{.from = *change->after,
                   .to = change->before ? *change->before : *change->after,
                   .table = renamed ? change->incoming : change->after->name,
                   .log = change->after_log()};
      if (takes_live_rows(*change)) {
        one.target = renamed ? change->before->name : change->displaced;
        one.keep_from = never_live(*change);
      }
      all.push_back(std::move(one));
    }
    return all;
  }

  CutOver cut() {
    CutOver cut;
    for (const Change* change : changes_) {
      if (change->after) {
        cut.contended.push_back(change->after->name);
        cut.logs.push_back(change->after_log());
        cut.written.push_back(aside_of(*change));
        cut.renames.emplace_back(change->after->name, change->incoming);
      }
      if (change->before) {
        cut.written.push_back(change->displaced);
        cut.logs.push_back(change->before_log());
        cut.renames.emplace_back(change->displaced, change->before->name);
      }
    }
    for (const Change* change : changes_) {
      if (!takes_live_rows(*change)) continue;
      for (const auto& table : never_live(*change)) cut.read.push_back(table);
    }
    if (cut.contended.empty()) cut.contended = cut.written;
    cut.held = plan_.held_table();
    cut.work = [this] { under_lock(); };
    cut.take_back = [this] { give_triggers_back(); };
    return cut;
  }

  void under_lock() {
    fail_point("database revert: locked");
    require_structure(session_, plan_, true);
    note_new_cascades(session_, followed());
    for (const Change* change : changes_) take_back_rows(*change);
    fail_point("database revert: carried");
    for (const Change* change : changes_) {
      if (change->after) move_triggers(session_, change->after->name, "", {});
    }
    fail_point("database revert: without triggers");
    for (const Change* change : changes_) {
      if (change->before) move_triggers(session_, "", change->displaced, change->before->triggers);
    }
    fail_point("database revert: triggers");
  }

  void give_triggers_back() {
    if (!is_renamed(session_, plan_)) return;
    complete_triggers(session_, swapped());
  }

  Wanted swapped() const {
    Wanted wanted;
    for (const Change* change : changes_) {
      if (change->before) wanted.idle.push_back(change->displaced);
      if (change->after) wanted.live.push_back(&*change->after);
    }
    return wanted;
  }

  void take_back_rows(const Change& change) {
    if (!change.after) return;
    if (!takes_live_rows(change)) return set_aside(change);
    if (!has_common_key(change)) return;  // finish() compares
    Carry carry = carry_back(change);
    carry.last = true;
    carry_over(session_, carry);
  }

  void set_aside(const Change& change) {
    const auto key = change.after->key();
    const std::string log = identifier(change.after_log());
    const std::string live = identifier(change.after->name);
    if (!is_logged(session_, change.after_log())) return;
    Batch batch(session_);
    std::string same;
    for (size_t i = 0; i < key.size(); ++i) {
      same += (i == 0 ? "" : " AND ") + live + "." + identifier(key[i]) + " = git_rollback_d.k" +
              std::to_string(i + 1);
    }
    const std::string rows = key.empty() ? live
                                         : "(SELECT DISTINCT " + log_columns(key) + " FROM " + log +
                                               ") AS git_rollback_d JOIN " + live + " ON " + same;
    const std::string staged = "git_rollback_late";
    stage(session_, staged, *change.after, live, rows);
    put_aside(session_, {{*change.after, *change.after, staged, ""}, "", "true", aside_of(change)},
              did_not_stay);
    session_.run("DELETE FROM " + log);
    note_of_no_row(session_, change.after_log());
    batch.commit();
  }

  void finish() {
    for (const Change* change : changes_) {
      if (change->after) drop_keys(session_, change->incoming);
    }
    fail_point("database revert: displaced");
    give_back_to_live();
    orphans_.mend();
    fail_point("database revert: keys");
    note_new_cascades(session_, followed(true), true);
    for (const Change* change : changes_) {
      if (!takes_live_rows(*change)) continue;
      has_common_key(*change) ? carry_slipped_in(*change) : set_lacking_aside(*change);
    }
    fail_point("database revert: slipped in");
    for (const Change* change : changes_) {
      record_aside(session_, registry_, plan_.operation, change->table(), aside_of(*change));
    }
    registry_.set_state(plan_.operation, State::prepared);
    fail_point("database revert: after");
  }

  // Also where the swap was stopped before it renamed.
  void give_back_to_live() {
    Wanted wanted;
    for (const Change* change : changes_) {
      if (change->after) wanted.idle.push_back(change->incoming);
      if (change->before) wanted.live.push_back(&*change->before);
    }
    complete_triggers(session_, wanted);
    for (const Arrival& arrived : arrivals_of_revert(plan_)) add_keys(session_, arrived);
    add_keys(session_, plan_.outside_keys);
  }

  void carry_slipped_in(const Change& change) {
    if (!is_logged(session_, change.after_log())) return;
    Carry carry = carry_back(change);
    make_aside(session_, *change.after, carry.aside);
    carry.projection.table = change.incoming;
    carry.projection.fill = change.before->name;
    carry.target = change.before->name;
    carry.overtaken_by = change.before_log();
    carry_what_slipped_in(session_, registry_, plan_.operation, carry);
  }

  static Lacking lacking(const Change& change, const std::string& other) {
    return {.projection = {*change.after, *change.before, change.incoming, ""},
            .other = other,
            .counts = change.id + "_counts"};
  }

  // While nobody writes there.
  void count_displaced(const Change& change) {
    count_rows_alike(session_, lacking(change, change.displaced));
    counted_.insert(&change);
  }

  // Nothing goes back: a row that was written cannot be told from one that is as it was.
  void set_lacking_aside(const Change& change) {
    if (!is_logged(session_, change.after_log())) return;
    const Lacking rows = lacking(change, change.before->name);
    if (!counted_.contains(&change)) count_rows_alike(session_, rows);  // it was stopped
    make_aside(session_, *change.after, aside_of(change));
    set_aside_lacking(session_, rows, aside_of(change), has_no_place);
    session_.run("DELETE FROM " + identifier(change.after_log()));
    note_of_no_row(session_, change.before_log());  // what comes in is no longer as it was filled
  }

  const Place& place_;
  Session& session_;
  Registry& registry_;
  const Plan& plan_;
  OrphanWatch orphans_;
  std::vector<const Change*> changes_;
  std::set<const Change*> counted_;
};

}  // namespace

void exchange_back(const Place& place, Session& session, Registry& registry, const Plan& plan) {
  ExchangeBack(place, session, registry, plan).run();
}

}  // namespace rollback::mysql
