#include "part/database/mysql/swap/exchange.h"

#include <algorithm>
#include <limits>

#include "os/error.h"
#include "os/fail_point.h"
#include "part/database/mysql/catalogue/triggers.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/swap/counter.h"
#include "part/database/mysql/swap/emptied.h"
#include "part/database/mysql/swap/enough_rights.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/late_rows.h"
#include "part/database/mysql/swap/standing.h"

namespace rollback::mysql {
namespace {

constexpr std::int64_t few_keys = 200;
constexpr std::int64_t too_many_for_the_lock = 1000;  // some 100 ms

Turn turn_there(const Change& change) {
  return {.change = &change,
          .leaves = change.before ? &*change.before : nullptr,
          .comes = change.after ? &*change.after : nullptr,
          .gone = change.displaced,
          .waits = change.incoming,
          .log = change.before_log(),
          .next_log = change.after_log(),
          .aside = change.aside};
}

// Rows set aside by a revert have the shape of what goes; those by the swap had
// that of what comes back.
Turn turn_back(const Change& change) {
  return {.change = &change,
          .leaves = change.after ? &*change.after : nullptr,
          .comes = change.before ? &*change.before : nullptr,
          .gone = change.incoming,
          .waits = change.displaced,
          .log = change.after_log(),
          .next_log = change.before_log(),
          .aside = change.id + "_aside"};
}

// The counter itself is not known of a table that was always empty.
bool counts(const Definition& definition) {
  return std::any_of(definition.columns.begin(), definition.columns.end(),
                     [](const Column& column) { return column.auto_increment; });
}

Session& in_schema(Session& session, const std::string& schema) {
  session.use(schema);
  return session;
}

bool has_triggers(const Turn& turn) {
  return (turn.leaves != nullptr && !turn.leaves->triggers.empty()) ||
         (turn.comes != nullptr && !turn.comes->triggers.empty());
}

}  // namespace

Exchange::Exchange(Session& session, const Place& place, const Plan& plan, Way way)
    : session_(in_schema(session, place.schema)),
      registry_(session_, place.component),
      plan_(plan),
      place_(place),
      way_(way),
      arrivals_(way == Way::there ? arrivals(plan) : arrivals_of_revert(plan)),
      orphans_(session_, registry_, plan, way == Way::back) {
  for (const Change& change : plan.changes) {
    if (!change.swaps()) continue;
    turns_.push_back(way == Way::there ? turn_there(change) : turn_back(change));
  }
  for (const OutsideKey& key : plan.outside_keys) take_off(key);
}

void Exchange::take_off(const OutsideKey& key) {
  (key.schema == place_.schema ? keys_here_ : keys_elsewhere_).push_back(key);
}

void Exchange::keep_key(const OutsideKey& key) {
  keys_that_came_.push_back(key);
  take_off(key);
  orphans_.watch(key);
}

void Exchange::fail_at(const char* moment) const {
  fail_point((way_ == Way::there ? "database swap: " : "database revert: ") + std::string(moment));
}

bool Exchange::is_renamed() {
  session_.use(schema());
  return mysql::is_renamed(session_, plan_) == (way_ == Way::there);
}

void Exchange::get_ready() {
  session_.use(schema());
  require_rights(session_, plan_);
  require_known_keys();
  for (const Turn& turn : turns_) {
    if (turn.has_aside) make_aside(session_, *turn.leaves, turn.aside);
  }
  before_catching_up();
  add_inner_keys(session_, arrivals_);
}

void Exchange::catch_up() {
  session_.use(schema());
  orphans_.look();
  keep_counters();  // takes long: what is written meanwhile is carried before the lock
  carry_what_was_written();
  after_catching_up();
}

void Exchange::catch_up_with_much() {
  session_.use(schema());
  require_known_keys();
  if (count_waiting() > too_many_for_the_lock) carry_what_was_written();
  leave_logs_unused();
}

void Exchange::leave_logs_unused() {
  std::vector<std::string> tables;
  for (const Turn& turn : turns_) {
    if (turn.leaves != nullptr) tables.push_back(turn.leaves->name);
  }
  leave_unused(session_, tables);
}

void Exchange::take_keys_off() {
  session_.use(schema());
  drop_keys(session_, keys_elsewhere_);
}

void Exchange::put_keys_back() {
  session_.use(schema());
  add_keys(session_, plan_.outside_keys);
  add_keys(session_, keys_that_came_);
}

// The last look for cascades stays in the logs: what is done since is found by them.
void Exchange::carry_what_was_written() {
  const auto tables = followed();
  note_what_fires_no_trigger(tables);
  note_all_cascades(session_, tables);
  // As long as it becomes less fast, since each round reads whole tables.
  std::int64_t before = 0;
  std::int64_t keys = std::numeric_limits<std::int64_t>::max();
  do {
    before = keys;
    keys = 0;
    for (const Turn& turn : turns_) {
      if (takes_live_rows(*turn.change)) keys += carry_over(session_, carry(turn)).keys;
    }
    note_all_cascades(session_, tables);
  } while (keys > few_keys && keys < before / 2);
  leave_logs_unused();
}

// What was written since it got ready, and can be carried over before the lock.
std::int64_t Exchange::count_waiting() {
  std::string sum;
  for (const Turn& turn : turns_) {
    if (!takes_live_rows(*turn.change) || common_key(*turn.leaves, *turn.comes).empty()) continue;
    sum += (sum.empty() ? "" : " + ") + ("(SELECT count(*) FROM " + identifier(turn.log) + ")");
  }
  return sum.empty() ? 0 : session_.number("SELECT " + sum);
}

std::vector<Followed> Exchange::followed(bool renamed) const {
  std::vector<Followed> all;
  for (const Turn& turn : turns_) {
    if (turn.leaves == nullptr) continue;
    Followed one{.from = *turn.leaves,
                 .to = turn.comes != nullptr ? *turn.comes : *turn.leaves,
                 .table = renamed ? turn.gone : turn.leaves->name,
                 .log = turn.log};
    if (takes_live_rows(*turn.change)) {
      one.target = renamed ? turn.comes->name : turn.waits;
      one.keep_from = turn.kept;
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<std::string> Exchange::logs() const {
  std::vector<std::string> names;
  for (const Turn& turn : turns_) {
    if (turn.leaves != nullptr) names.push_back(turn.log);
  }
  return names;
}

CutOver::Cut Exchange::cut() {
  session_.use(schema());
  CutOver::Cut cut;
  cut.schema = schema();
  for (const Turn& turn : turns_) {
    if (turn.leaves != nullptr) {
      cut.contended.push_back(turn.leaves->name);
      cut.logs.push_back(turn.log);
      cut.renames.emplace_back(turn.leaves->name, turn.gone);
    }
    if (turn.comes != nullptr) {
      cut.written.push_back(turn.waits);
      cut.logs.push_back(turn.next_log);
      cut.renames.emplace_back(turn.waits, turn.comes->name);
    }
    if (turn.has_aside) cut.written.push_back(turn.aside);
    cut.read.insert(cut.read.end(), turn.read.begin(), turn.read.end());
  }
  // Under a lock no other table can be looked at.
  std::erase_if(keys_here_, [&](const auto& key) { return !table_exists(session_, key.table); });
  for (const OutsideKey& key : keys_here_) cut.written.push_back(key.table);
  if (cut.contended.empty()) cut.contended = cut.written;
  cut.held = plan_.held_table();
  cut.work = [this] {
    session_.use(schema());
    under_lock();
  };
  cut.take_back = [this] {
    if (!is_renamed()) complete_triggers(false);
  };
  return cut;
}

void Exchange::under_lock() {
  fail_at("locked");
  require_structure(session_, plan_, way_ == Way::back);
  bring_up_to_now();
  fail_at("carried");
  keep_counters();
  drop_keys(session_, keys_here_);
  fail_at("without keys");
  move_triggers();
}

// What was written since it was caught up with.
void Exchange::bring_up_to_now() {
  const auto tables = followed();
  require_none_emptied(tables);
  note_new_cascades(session_, tables);
  const auto logged = tables_with_rows(session_, logs());
  before_bringing();
  std::optional<Batch> batch;
  if (!logged.empty()) batch.emplace(session_);
  for (const Turn& turn : turns_) {
    if (turn.leaves != nullptr) bring_last(turn, logged.contains(turn.log));
  }
  if (batch) batch->commit();
  after_bringing();
}

void Exchange::keep_counters() {
  std::vector<Counting> all;
  for (const Turn& turn : turns_) {
    if (turn.comes == nullptr || !counts(*turn.comes)) continue;
    all.push_back({turn.comes, turn.waits, turn.leaves != nullptr ? turn.leaves->name : ""});
  }
  raise_counters(session_, all);
}

void Exchange::move_triggers() {
  for (const Turn& turn : turns_) {
    if (turn.leaves != nullptr && has_triggers(turn)) {
      mysql::move_triggers(session_, turn.leaves->name, "", {});
    }
  }
  fail_at("without triggers");
  for (const Turn& turn : turns_) {
    if (turn.comes != nullptr && has_triggers(turn)) {
      mysql::move_triggers(session_, "", turn.waits, turn.comes->triggers);
    }
  }
  fail_at("triggers");
}

void Exchange::complete_triggers(bool renamed) {
  Wanted wanted;
  for (const Turn& turn : turns_) {
    const Definition* const live = renamed ? turn.comes : turn.leaves;
    const Definition* const idle = renamed ? turn.leaves : turn.comes;
    if (idle != nullptr) wanted.idle.push_back(renamed ? turn.gone : turn.waits);
    if (live != nullptr) wanted.live.push_back(live);
  }
  mysql::complete_triggers(session_, wanted);
}

void Exchange::finish(bool complete) {
  session_.use(schema());
  for (const Turn& turn : turns_) {
    if (turn.leaves != nullptr && !turn.leaves->foreign_keys.empty()) {
      drop_keys(session_, turn.gone);
    }
  }
  fail_at("displaced");
  // Of a way that was stopped before it renamed, or of the other one.
  if (!complete) complete_triggers(true);
  for (const Arrival& arrived : arrivals_) add_keys(session_, arrived);
  add_keys(session_, plan_.outside_keys);
  orphans_.mend();
  fail_at("keys");
  finish_rows();
  registry_.set_state(plan_.operation, way_ == Way::there ? State::swapped : State::prepared);
  fail_at("after");
}

void Exchange::finish_rows() {
  note_new_cascades(session_, followed(true), true);
  const auto logged = tables_with_rows(session_, logs());
  std::vector<std::string> asides;
  for (const Turn& turn : turns_) {
    if (logged.contains(turn.log)) bring_late(turn);
    if (turn.has_aside) asides.push_back(turn.aside);
  }
  after_renaming();
  fail_at("slipped in");
  const auto filled = tables_with_rows(session_, asides);
  for (const Turn& turn : turns_) {
    if (!filled.contains(turn.aside)) continue;
    record_aside(session_, registry_, plan_.operation, turn.change->table(), turn.aside);
  }
}

void Exchange::carry_late(const Turn& turn) {
  Carry late = carry(turn);
  late.projection.table = turn.gone;
  if (late.projection.fill == turn.waits) late.projection.fill = turn.comes->name;
  late.target = turn.comes->name;
  late.overtaken_by = turn.next_log;
  make_aside(session_, *turn.leaves, turn.aside);
  carry_what_slipped_in(session_, registry_, plan_.operation, late);
}

}  // namespace rollback::mysql
