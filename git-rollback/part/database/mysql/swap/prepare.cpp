#include "part/database/mysql/swap/prepare.h"

#include <algorithm>

#include "os/bytes_in_words.h"
#include "os/counted.h"
#include "os/error.h"
#include "os/fail_point.h"
#include "os/lock.h"
#include "os/progress.h"
#include "part/database/mysql/backup/space.h"
#include "part/database/mysql/catalogue/check_names.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/rows/former.h"
#include "part/database/mysql/server/statement_limit.h"
#include "part/database/mysql/survey/members.h"
#include "part/database/mysql/survey/target.h"
#include "part/database/mysql/swap/enough_rights.h"
#include "part/database/mysql/swap/from_backup.h"
#include "part/database/mysql/swap/in_place.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/keys.h"
#include "part/database/mysql/swap/returned.h"
#include "part/database/mysql/swap/settle.h"
#include "part/database/mysql/swap/stranded.h"
#include "part/risk.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

Change make_change(const Member& member, const Decision& decision, const Order& order,
                   const std::string& id) {
  Change change;
  change.choice = decision.choice;
  change.ledger = decision.ledger;
  change.if_unwritten = decision.if_unwritten;
  change.rows_lost = decision.rows_lost;
  change.before = member.now;
  change.id = id;
  if (builds(decision.choice)) {
    change.after = member.point->definition;
    change.incoming =
        names::incoming_table(change.after->name, order.operation, longest_name(*change.after));
    change.source = member.point->backup;
  }
  if (change.before)
    change.displaced =
        names::displaced_table(change.before->name, order.operation, longest_name(*change.before));
  change.aside = names::aside_table(change.table(), order.operation);
  if (decision.choice == Choice::keep_all) change.returning = member.returning;
  return change;
}

std::vector<Change> make_changes(const std::vector<Member>& members,
                                 const std::vector<Decision>& decisions, const Order& order,
                                 const std::string& component) {
  const std::string prefix = operation_prefix(order.operation, component);
  std::vector<Change> changes;
  for (size_t i = 0; i < members.size(); ++i) {
    changes.push_back(make_change(members[i], decisions[i], order, prefix + std::to_string(i + 1)));
  }
  return changes;
}

std::vector<std::string> tables_that_leave(const Plan& plan) {
  std::vector<std::string> leaving;
  for (const Change& change : plan.changes) {
    if (change.swaps() && change.before) leaving.push_back(change.before->name);
  }
  return leaving;
}

// The first table of which something else would become now; "": none.
std::string decided_anew(const std::vector<Decision>& before, const std::vector<Decision>& now) {
  for (size_t i = 0; i < std::max(before.size(), now.size()); ++i) {
    if (i >= before.size()) return now[i].table;
    if (i >= now.size() || before[i].table != now[i].table || before[i].choice != now[i].choice) {
      return before[i].table;
    }
  }
  return {};
}

class Preparation {
 public:
  Preparation(const Place& place, const Order& order)
      : place_(place),
        order_(order),
        reader_(open(place)),
        writer_(open(place)),
        registry_(writer_, place.component) {}

  Engine::Prepared run() {
    discard(place_, order_.operation);
    look();
    make_plan();
    if (!plan_.goes()) return finished();
    require_room();
    announce();
    require_parents(Stage::planned);
    build_frames();
    fail_point("database prepare: frames");
    fill();
    fail_point("database prepare: filled");
    complete();
    record(State::prepared);
    fail_point("database prepare: prepared");
    return finished();
  }

 private:
  // Decides, before anything is made, which tables are going to change.
  void look() {
    const Transaction snapshot(reader_, Transaction::Kind::snapshot);
    const Registry registry(reader_, place_.component);
    seen_ = survey(reader_, registry, place_.settings, order_.point, order_.backups,
                   order_.count_within);
    decisions_ = order_.choose(seen_.facts);
  }

  void make_plan() {
    plan_.operation = order_.operation;
    plan_.point = order_.point;
    plan_.loss_limit = order_.loss_limit;
    plan_.changes = make_changes(seen_.members, decisions_, order_, place_.component);
    for (size_t i = 0; i < plan_.changes.size(); ++i) {
      Change& change = plan_.changes[i];
      plan_.rows_lost += change.rows_lost;
      if (change.choice == Choice::keep_all && seen_.facts[i].in_place) {
        change.in_place = alteration(writer_.flavour(), *change.before, *change.after);
      }
    }
  }

  // A table that comes takes about what the one that goes does; the log of it
  // that the server keeps, as much again.
  void require_room() {
    std::uint64_t needed = 0;
    for (const Change& change : plan_.changes) {
      if (!change.swaps() || change.incoming.empty()) continue;
      const Definition& size = change.before ? *change.before : *change.after;
      needed += 2 * (size.data_bytes + size.index_bytes);
    }
    const auto volume = volume_of(writer_, place_.endpoint());
    if (!volume) return;
    const std::int64_t room = volume->free_bytes - reserve_of(*volume);
    if (static_cast<std::int64_t>(needed) <= room) return;
    throw Refused("the tables that come take about " +
                      bytes_in_words(static_cast<std::int64_t>(needed)) +
                      " while they are built beside those of database '" + place_.schema +
                      "', and " + bytes_in_words(volume->free_bytes) + " are free",
                  {"git rollback prune"});
  }

  // A table that is copied after all needs room, too.
  void announce() {
    registry_.create();
    record(State::preparing);
    bool copies = false;
    for (Change& change : plan_.changes)
      copies = (change.in_place && !try_in_place(change)) || copies;
    if (copies) require_room();
    plan_.outside_keys = keys_from_outside(writer_, tables_that_leave(plan_));
    if (order_.emergency) find_backups_that_go_live();
  }

  // What a key relates is copied as ever: a cascade writes what no trigger sees.
  void find_backups_that_go_live() {
    for (size_t i = 0; i < plan_.changes.size(); ++i) {
      Change& change = plan_.changes[i];
      const Member& member = seen_.members[i];
      if (change.choice != Choice::restore || member.point->kind != BackupKind::copy) continue;
      if (!can_keep_former(*change.after) || !related_to(member, seen_.members).empty()) continue;
      if (change.before && !change.before->foreign_keys.empty()) continue;
      const bool is_referred_to = std::any_of(
          plan_.outside_keys.begin(), plan_.outside_keys.end(),
          [&](const OutsideKey& outside) { return outside.key.parent == change.table(); });
      if (is_referred_to) continue;
      change.from_backup = can_go_live(writer_, change, order_.point);
    }
    record(State::preparing);
  }

  bool try_in_place(Change& change) {
    require_unchanged(change);
    change.storage = storage_of(writer_, change.before->name);
    if (can_be_altered(writer_, change)) {
      change.incoming.clear();
      change.displaced.clear();
      change.source.clear();
    } else {
      change.in_place.reset();
    }
    fail_point("database prepare: tried");
    return change.in_place.has_value();
  }

  void build_frames() {
    require_rights(writer_, plan_);
    for (Change& change : plan_.changes) {
      if (!change.goes()) continue;
      if (change.before) {
        require_unchanged(change);
        log_live(writer_, change);
        change.storage = storage_of(writer_, change.before->name);
      }
      if (!change.incoming.empty() && !change.from_backup) create_incoming(writer_, change);
    }
  }

  void require_unchanged(const Change& change) {
    const auto definition = read_definition(writer_, change.table());
    if (definition && definition->same_structure(*change.before)) return;
    throw Refused(
        "table '" + change.table() + "' of database '" + place_.schema + "' was changed meanwhile",
        {"run the command again"});
  }

  // From here on every write is logged, so that what is read now will be brought
  // up to date.
  void fill() {
    const auto before = decisions_;
    look();
    if (const std::string table = decided_anew(before, decisions_); !table.empty()) {
      throw Refused("table '" + table + "' of database '" + place_.schema +
                        "' was written meanwhile, so that something else would become of it",
                    {"run the command again"});
    }
    const Work work("preparing tables", Unit::rows, rows_to_prepare());
    for (size_t i = 0; i < plan_.changes.size(); ++i) {
      Change& change = plan_.changes[i];
      change.rows_lost = decisions_[i].rows_lost;
      if (change.in_place) require_still_in_place(change, seen_.facts[i]);
      if (change.incoming.empty()) continue;
      const Backup recorded = seen_.members[i].recorded.value_or(Backup{});
      if (change.from_backup) {
        take_backup(writer_, change, recorded, order_.point);
      } else {
        change.rows_lost = lost_beside_unfit(i) + fill_incoming(writer_, change, recorded);
      }
    }
  }

  // Rows that do not fit are counted when they are set aside.
  std::int64_t lost_beside_unfit(size_t i) const {
    const Decision& decision = decisions_[i];
    if (decision.choice != Choice::keep_all) return decision.rows_lost;
    return std::max<std::int64_t>(0, decision.rows_lost - seen_.facts[i].unfit);
  }

  void require_still_in_place(const Change& change, const TableFacts& facts) const {
    if (facts.in_place) return;
    throw Refused("table '" + change.table() + "' of database '" + place_.schema +
                      "' was written meanwhile, so that it cannot be changed in place any more",
                  {"run the command again"});
  }

  std::uint64_t rows_to_prepare() const {
    std::uint64_t rows = 0;
    for (size_t i = 0; i < plan_.changes.size(); ++i) {
      const Change& change = plan_.changes[i];
      if (!change.incoming.empty()) {
        rows += rows_read_by_filling(change, seen_.members[i].recorded.value_or(Backup{}).rows);
      }
    }
    return progress_is_heard() ? rows : 0;
  }

  // Rows that turned out not to fit are lost, too.
  void complete() {
    plan_.rows_lost = 0;
    for (Change& change : plan_.changes) {
      complete_incoming(writer_, change);
      if (change.from_backup) keep_former(writer_, change);
      plan_.rows_lost += change.rows_lost;
    }
    require_parents(Stage::built);
    plan_.rows_lost += leave_orphans(writer_, plan_, false);
    plan_.rows_lost += require_parents(Stage::built);  // of what stays where it is
    add_inner_keys(writer_, arrivals(plan_));
    if (plan_.rows_lost <= order_.loss_limit) return;
    throw Refused(counted(plan_.rows_lost, "row") + " of database '" + place_.schema +
                      "' would be lost: not all fit the point's structure",
                  {"to accept that, add " + consent_to(plan_.rows_lost)});
  }

  // Rows that would refer to none count as lost. How many there are.
  std::int64_t require_parents(Stage stage) {
    const auto all = find_stranded(writer_, plan_, stage);
    std::int64_t rows = 0;
    for (const Stranded& one : all) rows += one.rows;
    if (rows == 0 || plan_.rows_lost + rows <= order_.loss_limit) return rows;
    throw Refused(in_words(all.front()),
                  {"choose the same `rows` for both: restore or keep_all",
                   "to lose them, add " + consent_to(plan_.rows_lost + rows)});
  }

  std::string consent_to(std::int64_t lost) const {
    return rollback::consent_to(risk_of(lost, order_.minimal_loss));
  }

  void record(State state) {
    registry_.put({order_.operation, state, "", to_text(plan_), place_.here});
  }

  Engine::Prepared finished() { return {to_text(plan_), plan_.rows_lost, plan_.goes()}; }

  const Place& place_;
  const Order& order_;
  Session reader_, writer_;
  Registry registry_;
  Survey seen_;
  std::vector<Decision> decisions_;
  Plan plan_;
};

}  // namespace

Engine::Prepared prepare(const Place& place, const Order& order) {
  try {
    return Preparation(place, order).run();
  } catch (const std::runtime_error&) {
    // Best effort: the caller's discard() does the same again.
    try {
      discard(place, order.operation);
    } catch (const std::runtime_error&) {
    }
    throw;
  }
}

std::vector<TableFacts> gather_facts(const Place& place, const std::string& point,
                                     const std::vector<Backup>& backups,
                                     std::optional<std::chrono::milliseconds> within) {
  Session session = open(place);
  const Transaction snapshot(session, Transaction::Kind::snapshot);
  return survey(session, Registry(session, place.component), place.settings, point, backups, within)
      .facts;
}

std::optional<std::vector<Stranded>> foresee_stranded(
    const Place& place, const std::string& point, const std::vector<Backup>& backups,
    const std::vector<Decision>& decisions, std::optional<std::chrono::milliseconds> within) {
  // As find_stranded() looks, but without a session and all definitions for nothing.
  const bool any_parent_goes =
      std::any_of(decisions.begin(), decisions.end(), [](const Decision& decision) {
        return decision.choice == Choice::restore && !decision.if_unwritten;
      });
  if (!any_parent_goes) return std::vector<Stranded>{};
  Session session = open(place);
  const Registry registry(session, place.component);
  const auto members = find_members(session, registry, place.settings, point, backups);
  if (members.size() != decisions.size()) return std::nullopt;  // a table came meanwhile
  Order order;
  order.operation = point;  // gives names to tables that are not made
  Plan plan;
  plan.changes = make_changes(members, decisions, order, place.component);
  plan.outside_keys = keys_from_outside(session, tables_that_leave(plan));
  try {
    StatementLimit limit(session, within);
    limit.renew();
    return find_stranded(session, plan, Stage::planned);
  } catch (const ServerError& error) {
    if (!StatementLimit::is_passed(error)) throw;
    return std::nullopt;
  }
}

}  // namespace rollback::mysql
