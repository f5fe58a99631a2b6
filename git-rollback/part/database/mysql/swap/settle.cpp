#include "part/database/mysql/swap/settle.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "os/counted.h"
#include "os/error.h"
#include "os/fail_point.h"
#include "os/notice.h"
#include "os/progress.h"
#include "part/database/mysql/catalogue/check_names.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/rows/rows.h"
#include "part/database/mysql/swap/from_backup.h"
#include "part/database/mysql/swap/late_rows.h"
#include "part/database/mysql/swap/returned.h"

namespace rollback::mysql {
namespace {

void stop_all_logs(Session& session, const Plan& plan) {
  std::vector<std::string> logs;
  for (const Change& change : plan.changes) {
    if (!change.goes()) continue;
    logs.push_back(change.before_log());
    logs.push_back(change.after_log());
    if (!change.returning.empty()) logs.push_back(returned(change));
    if (!change.from_backup) continue;
    logs.push_back(change.former());
    logs.push_back(change.copy());
  }
  stop_logs(session, logs);
}

// But what holds rows that are nowhere else.
void drop_all_of(Session& session, const Plan& plan, const std::vector<Aside>& kept) {
  session.run("DROP TABLE IF EXISTS " + identifier(plan.held_table()));
  stop_all_logs(session, plan);
  for (const Change& change : plan.changes) {
    if (change.incoming.empty()) continue;
    const bool keeps = std::any_of(kept.begin(), kept.end(), [&](const Aside& aside) {
      return aside.aside == change.incoming;
    });
    if (!keeps) session.run("DROP TABLE IF EXISTS " + identifier(change.incoming));
    session.run("DROP TABLE IF EXISTS " + identifier(change.id + "_unfit"));
  }
}

// Of an operation that the registry has lost, as where an older dump brought that back:
// nothing but keys is in them. Tables with rows are for salvage.
void stop_lost_logs(const Place& place, Session& session, const std::string& operation) {
  const std::string prefix = operation_prefix(operation, place.component);
  std::vector<std::string> logs;
  for (const Listed& listed : list_tables(session)) {
    const bool is_log = listed.name.ends_with("_before") || listed.name.ends_with("_after");
    if (is_log && listed.name.starts_with(prefix)) logs.push_back(listed.name);
  }
  stop_logs(session, logs);
}

// Nothing where there is no more to be done of it.
std::optional<Operation> unsettled(const Place& place, Session& session, const Registry& registry,
                                   const std::string& operation) {
  auto found = registry.operation(operation);
  if (!found) stop_lost_logs(place, session, operation);
  if (found && found->state == State::settled) found.reset();
  return found;
}

using Care = std::function<std::optional<std::string>(const Change&, const Entry&)>;

// Backups that are used are spent where `care` says why they have not their rows any more.
void care_for_backups(const Place& place, Registry& registry, const Plan& plan, const Care& care) {
  for (const Change& change : plan.changes) {
    if (!change.from_backup) continue;
    for (Entry& entry : registry.of_point(plan.point)) {
      if (entry.table != change.table() || entry.kind == BackupKind::spent) continue;
      const auto why = care(change, entry);
      if (!why) continue;
      entry.kind = BackupKind::spent;
      registry.put(entry);
      give_notice({"point '" + plan.point + "' cannot bring table '" + entry.table +
                       "' of database '" + place.schema +
                       "' back again: its backup went live, and could not be made anew: " + *why,
                   {}});
    }
  }
}

// The displaced table as the registry describes it: as it was when it was live.
Entry describe(Session& session, const Change& change, const std::string& point) {
  Entry entry;
  entry.point = point;
  entry.table = change.table();
  entry.kind = BackupKind::structure;
  entry.definition = *change.before;
  entry.complete = true;
  if (!change.swaps()) return entry;
  entry.kind = BackupKind::displaced;
  entry.backup = change.displaced;
  const Work work("hashing rows", Unit::rows, rows_for_progress(*change.before));
  const Hashed hashed = hash_rows(session, *change.before, change.displaced);
  entry.rows = hashed.rows;
  entry.sha256 = hashed.sha256;
  if (const auto displaced = read_definition(session, change.displaced)) {
    entry.definition.counter = displaced->counter;
  }
  return entry;
}

}  // namespace

void discard(const Place& place, const std::string& operation_id) {
  Session session = open(place);
  Registry registry(session, place.component);
  const auto found = unsettled(place, session, registry, operation_id);
  if (!found) return;
  if (found->state == State::swapped) {
    throw Fatal("operation '" + operation_id + "' is live in database '" + place.schema +
                "' and cannot be discarded");
  }
  fail_point("database discard: before");
  // From here on it can be discarded alone, however far this comes.
  registry.set_state(operation_id, State::preparing);
  const Plan plan = plan_from(found->plan);
  const auto kept = registry.aside(operation_id);
  care_for_backups(place, registry, plan, [&](const Change& change, const Entry& entry) {
    return give_backup_back(session, change, entry);
  });
  drop_all_of(session, plan, kept);
  // What a revert set aside is all there is of those rows; what prepare() did is live.
  if (kept.empty()) {
    for (const Change& change : plan.changes) {
      if (!change.aside.empty()) session.run("DROP TABLE IF EXISTS " + identifier(change.aside));
    }
  }
  drop_empty_asides(session, plan);
  fail_point("database discard: within");
  registry.remove_operation(operation_id);
  fail_point("database discard: after");
}

std::vector<Backup> leave(const Place& place, const Plan& plan, const std::string& point) {
  Session session = open(place);
  Registry registry(session, place.component);
  std::vector<Entry> entries;
  for (const Change& change : plan.changes) {
    if (change.before) entries.push_back(describe(session, change, point));
  }
  fail_point("database leave: before");
  std::vector<Backup> backups;
  registry.create();
  Transaction transaction(session, Transaction::Kind::write);
  for (const Entry& entry : entries) {
    registry.put(entry);
    backups.push_back({place.schema, entry.table, entry.backup, entry.rows, entry.sha256});
  }
  registry.set_left_point(plan.operation, point);
  transaction.commit();
  fail_point("database leave: after");
  return backups;
}

void settle(const Place& place, const std::string& operation_id) {
  Session session = open(place);
  Registry registry(session, place.component);
  const auto found = registry.operation(operation_id);
  if (!found || found->state != State::swapped) return;
  fail_point("database settle: before");
  const Plan plan = plan_from(found->plan);
  session.run("DROP TABLE IF EXISTS " + identifier(plan.held_table()));
  carries(session);
  care_for_backups(place, registry, plan, [&](const Change& change, const Entry& entry) {
    return copy_backup_again(place, session, change, entry);
  });
  stop_all_logs(session, plan);
  give_check_names(session, plan);
  drop_empty_asides(session, plan);
  fail_point("database settle: within");
  registry.set_state(operation_id, State::settled);
  fail_point("database settle: after");
}

void abandon(const Place& place, const std::string& operation_id) {
  Session session = open(place);
  Registry registry(session, place.component);
  const auto found = unsettled(place, session, registry, operation_id);
  if (!found) return;
  const Plan plan = plan_from(found->plan);
  session.run("DROP TABLE IF EXISTS " + identifier(plan.held_table()));
  carries(session);
  stop_all_logs(session, plan);
  for (const Change& change : plan.changes) {
    if (!change.swaps() || !change.before || !table_exists(session, change.displaced)) continue;
    registry.put(describe(session, change, operation_id));
  }
  drop_empty_asides(session, plan);
  registry.set_left_point(operation_id, operation_id);
  registry.set_state(operation_id, State::settled);
}

std::vector<std::string> set_aside(const Place& place, const std::string& operation) {
  Session session = open(place);
  std::vector<std::string> lines;
  for (const Aside& aside : Registry(session, place.component).aside(operation)) {
    lines.push_back(counted(aside.rows, "row") + " of '" + aside.table + "' in database '" +
                    place.schema + "' " + (aside.rows == 1 ? "is" : "are") + " set aside in '" +
                    aside.aside + "': " + aside.reason);
  }
  return lines;
}

}  // namespace rollback::mysql
