#include "part/database/mysql/swap/exchange.h"

#include <algorithm>
#include <limits>

#include "os/error.h"
#include "os/fail_point.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/catalogue/triggers.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/swap/cascades.h"
#include "part/database/mysql/swap/cut_over.h"
#include "part/database/mysql/swap/enough_rights.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/keys.h"
#include "part/database/mysql/swap/late_rows.h"
#include "part/database/mysql/swap/orphans.h"
#include "part/database/mysql/swap/standing.h"

namespace rollback::mysql {
namespace {

constexpr std::int64_t few_keys = 200;

class Exchange {
 public:
  Exchange(const Place& place, Session& session, Registry& registry, const Plan& plan)
      : place_(place),
        session_(session),
        registry_(registry),
        plan_(plan),
        orphans_(session, registry, plan, false) {
    for (const Change& change : plan.changes) {
      if (change.swaps()) changes_.push_back(&change);
    }
  }

  void run() {
    carries(session_);
    if (!is_renamed(session_, plan_)) {
      get_ready();
      orphans_.look();
      fail_point("database swap: ready");
      drop_keys(session_, plan_.outside_keys);
      fail_point("database swap: without keys");
      try {
        cut_over(place_, session_, cut(), default_deadline);
      } catch (const std::exception&) {
        // The answer can be lost of a RENAME that was done.
        if (!is_renamed(session_, plan_)) {
          add_keys(session_, plan_.outside_keys);
          throw;
        }
      }
    }
    fail_point("database swap: renamed");
    finish();
  }

 private:
  void get_ready() {
    require_rights(session_, plan_);
    for (const OutsideKey& key : unknown_keys(session_, plan_)) {
      throw Refused(
          "table '" + key.table + "' got a foreign key to table '" + key.key.parent + "' meanwhile",
          {"nothing was changed by this; run the command again"});
    }
    for (const Change* change : changes_) {
      if (change->choice == Choice::restore) refill_if_touched(*change);
      if (!takes_live_rows(*change)) continue;
      make_aside(session_, *change->before, change->aside);
      if (change->choice == Choice::keep_new) refill_with_points_rows(*change);
    }
    add_inner_keys(session_, arrivals(plan_));
    catch_up();
    for (const Change* change : changes_) {
      if (change->choice == Choice::restore) set_counter(*change, change->after->counter);
    }
  }

  // The last look for cascades stays in the logs: what is done since is found by them.
  void catch_up() {
    const auto tables = followed();
    note_all_cascades(session_, tables);
    // As long as it becomes less fast, since each round reads whole tables.
    std::int64_t before = 0;
    std::int64_t keys = std::numeric_limits<std::int64_t>::max();
    do {
      before = keys;
      keys = 0;
      for (const Change* change : changes_) {
        if (takes_live_rows(*change)) keys += carry_over(session_, carry_of(*change)).keys;
      }
      note_all_cascades(session_, tables);
    } while (keys > few_keys && keys < before / 2);
  }

  std::vector<Followed> followed(bool renamed = false) const {
    std::vector<Followed> all;
    for (const Change* change : changes_) {
      if (!change->before) continue;
      Followed one{.from = *change->before,
                   .to = change->after ? *change->after : *change->before,
                   .table = renamed ? change->displaced : change->before->name,
                   .log = change->before_log()};
      if (takes_live_rows(*change)) {
        one.target = renamed ? change->after->name : change->incoming;
        if (change->choice == Choice::keep_new) one.keep_from = {change->source};
      }
      all.push_back(std::move(one));
    }
    return all;
  }

  CutOver cut() {
    CutOver cut;
    for (const Change* change : changes_) {
      if (change->before) {
        cut.contended.push_back(change->before->name);
        cut.logs.push_back(change->before_log());
        cut.renames.emplace_back(change->before->name, change->displaced);
      }
      if (change->after) {
        cut.written.push_back(change->incoming);
        cut.logs.push_back(change->after_log());
        cut.renames.emplace_back(change->incoming, change->after->name);
      }
      if (!takes_live_rows(*change)) continue;
      cut.written.push_back(change->aside);
      if (!change->source.empty()) cut.read.push_back(change->source);
    }
    cut.held = plan_.held_table();
    cut.work = [this] { under_lock(); };
    cut.take_back = [this] { give_triggers_back(); };
    return cut;
  }

  void under_lock() {
    fail_point("database swap: locked");
    require_structure(session_, plan_, false);
    bring_up_to_now();
    fail_point("database swap: carried");
    for (const Change* change : changes_) {
      if (takes_live_rows(*change)) keep_counter(*change);
    }
    for (const Change* change : changes_) {
      if (change->before && has_triggers(*change)) {
        move_triggers(session_, change->before->name, "", {});
      }
    }
    fail_point("database swap: without triggers");
    for (const Change* change : changes_) {
      if (change->after && has_triggers(*change)) {
        move_triggers(session_, "", change->incoming, change->after->triggers);
      }
    }
    fail_point("database swap: triggers");
  }

  // The live rows of a moment ago.
  static Projection slipped_in(const Change& change) {
    Projection projection = carry_of(change).projection;
    projection.table = change.displaced;
    return projection;
  }

  static bool has_triggers(const Change& change) {
    return (change.before && !change.before->triggers.empty()) ||
           (change.after && !change.after->triggers.empty());
  }

  void give_triggers_back() {
    if (is_renamed(session_, plan_)) return;
    Wanted wanted;
    for (const Change* change : changes_) {
      if (change->after) wanted.idle.push_back(change->incoming);
      if (change->before) wanted.live.push_back(&*change->before);
    }
    complete_triggers(session_, wanted);
  }

  // What was written since prepare().
  void bring_up_to_now() {
    std::int64_t lost = plan_.rows_lost;
    note_new_cascades(session_, followed());
    for (const Change* change : changes_) {
      if (!change->before) continue;
      if (takes_live_rows(*change)) {
        Carry carry = carry_of(*change);
        carry.last = true;
        lost += carry_over(session_, carry).set_aside;
        require_not_emptied(*change);
      } else {
        lost += count_late(*change);
      }
      if (lost > plan_.rows_lost && lost > plan_.loss_limit) written_meanwhile(*change);
    }
  }

  // Of rows that do not come along.
  std::int64_t count_late(const Change& change) {
    if (change.if_unwritten) require_not_emptied(change);
    if (change.ledger || !is_logged(session_, change.before_log())) return 0;
    if (change.if_unwritten) written_meanwhile(change);
    return count_logged(session_, *change.before, change.before_log());
  }

  [[noreturn]] static void written_meanwhile(const Change& change) {
    throw Refused("rows of table '" + change.table() + "' were written meanwhile",
                  {"nothing was changed; run the command again"});
  }

  // TRUNCATE and what is done to partitions fire no trigger. Where the storage is not
  // known: the first and the last row are there, or it was emptied.
  void require_not_emptied(const Change& change) {
    const std::string& table = change.before->name;
    const std::string storage = change.storage.empty() ? "" : storage_of(session_, table);
    if (!storage.empty()) {
      if (storage != change.storage) emptied(change);
      return;
    }
    const auto key = common_key(*change.before, *change.after);
    if (key.empty() || change.choice != Choice::keep_all) return;
    const std::string live = identifier(table);
    for (const char* const direction : {"", " DESC"}) {
      std::string columns;
      std::string order;
      for (const auto& column : key) {
        columns += (columns.empty() ? "" : ", ") + identifier(column);
        order += (order.empty() ? " ORDER BY " : ", ") + identifier(column) + direction;
      }
      if (session_.number("SELECT count(*) FROM (SELECT " + columns + " FROM " +
                          identifier(change.incoming) + order +
                          " LIMIT 1) AS git_rollback_i WHERE NOT EXISTS (SELECT 1 FROM " + live +
                          " WHERE " + same_key(key, "git_rollback_i", live) + ")") != 0) {
        emptied(change);
      }
    }
  }

  [[noreturn]] static void emptied(const Change& change) {
    throw Refused("table '" + change.table() + "' was emptied or rebuilt meanwhile",
                  {"nothing was changed; run the command again"});
  }

  // As after a swap that was taken back: the point's rows were written to.
  void refill_if_touched(const Change& change) {
    if (!is_logged(session_, change.after_log())) return;
    session_.run("TRUNCATE TABLE " + identifier(change.incoming));
    fill(session_, {{*change.after, *change.after, change.source, ""}, change.incoming, "", ""});
    session_.run("DELETE FROM " + identifier(change.after_log()));
  }

  void refill_with_points_rows(const Change& change) {
    if (!has_note_of_no_row(session_, change.after_log())) return;
    const Carry carry = carry_of(change);
    session_.run("TRUNCATE TABLE " + identifier(change.incoming));
    fill(session_, {carry.projection, change.incoming, carry.keep_from, change.aside});
    session_.run("DELETE FROM " + identifier(change.after_log()));
  }

  void set_counter(const Change& change, std::optional<std::uint64_t> counter) {
    if (!counter) return;
    session_.run("ALTER TABLE " + identifier(change.incoming) +
                 " AUTO_INCREMENT = " + std::to_string(*counter));
  }

  std::int64_t counter_of(const std::string& table) {
    return session_.number(
        "SELECT auto_increment FROM information_schema.tables WHERE table_schema = database()"
        " AND table_name = " +
        literal(table));
  }

  void keep_counter(const Change& change) {
    if (!change.after->counter) return;
    const std::int64_t now = counter_of(change.before->name);
    if (now > counter_of(change.incoming)) {
      set_counter(change, static_cast<std::uint64_t>(now));
    }
  }

  Wanted swapped() const {
    Wanted wanted;
    for (const Change* change : changes_) {
      if (change->before) wanted.idle.push_back(change->displaced);
      if (change->after) wanted.live.push_back(&*change->after);
    }
    return wanted;
  }

  void finish() {
    for (const Change* change : changes_) {
      if (change->before) drop_keys(session_, change->displaced);
    }
    fail_point("database swap: displaced");
    complete_triggers(session_, swapped());  // of a revert that was stopped
    for (const Arrival& arrived : arrivals(plan_)) add_keys(session_, arrived);
    add_keys(session_, plan_.outside_keys);
    orphans_.mend();
    fail_point("database swap: keys");
    note_new_cascades(session_, followed(true), true);
    for (const Change* change : changes_) {
      if (!takes_live_rows(*change) || !is_logged(session_, change->before_log())) continue;
      make_aside(session_, *change->before, change->aside);
      carry_what_slipped_in(session_, registry_, plan_.operation,
                            {.projection = slipped_in(*change),
                             .log = change->before_log(),
                             .target = change->after->name,
                             .keep_from = carry_of(*change).keep_from,
                             .aside = change->aside,
                             .overtaken_by = change->after_log()});
    }
    fail_point("database swap: slipped in");
    for (const Change* change : changes_) {
      record_aside(session_, registry_, plan_.operation, change->table(), change->aside);
    }
    registry_.set_state(plan_.operation, State::swapped);
    fail_point("database swap: after");
  }

  const Place& place_;
  Session& session_;
  Registry& registry_;
  const Plan& plan_;
  OrphanWatch orphans_;
  std::vector<const Change*> changes_;
};

}  // namespace

void exchange(const Place& place, Session& session, Registry& registry, const Plan& plan) {
  Exchange(place, session, registry, plan).run();
}

}  // namespace rollback::mysql
