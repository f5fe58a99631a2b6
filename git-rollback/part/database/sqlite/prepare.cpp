#include "part/database/sqlite/prepare.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "os/counted.h"
#include "os/error.h"
#include "os/fail_point.h"
#include "os/progress.h"
#include "part/database/sqlite/change.h"
#include "part/database/sqlite/log.h"
#include "part/database/sqlite/projection.h"
#include "part/database/sqlite/registry.h"
#include "part/database/sqlite/rows.h"
#include "part/database/sqlite/schema.h"
#include "part/database/sqlite/swap.h"
#include "part/database/sqlite/target.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

struct Survey {
  std::vector<Member> members;
  std::vector<TableFacts> facts;
};

std::uint64_t rows_to_compare(SQLite::Database& db, const std::vector<Member>& members) {
  std::uint64_t rows = 0;
  for (const Member& member : members) {
    if (!member.now) continue;
    rows += rows_for_progress(db, member.now->name);
    if (member.recorded) rows += static_cast<std::uint64_t>(member.recorded->rows);
  }
  return progress_is_heard() ? rows : 0;
}

Survey survey(SQLite::Database& db, const Registry& registry, const DatabaseSettings& settings,
              const std::string& point, const std::vector<Backup>& backups) {
  Survey result;
  std::optional<Plan> left_by;
  if (const auto operation = registry.that_left(point)) left_by = plan_from(operation->plan);
  result.members = find_members(db, registry, settings, point, backups);
  const Work work("comparing rows", Unit::rows, rows_to_compare(db, result.members));
  for (const Member& member : result.members) result.facts.push_back(measure(db, member, left_by));
  return result;
}

Change make_change(const Member& member, const Decision& decision, const std::string& operation,
                   const std::string& prefix, size_t number) {
  Change change;
  change.choice = decision.choice;
  change.ledger = decision.ledger;
  change.if_unwritten = decision.if_unwritten;
  change.rows_lost = decision.rows_lost;
  change.before = member.now;
  if (decision.choice == Choice::restore || decision.choice == Choice::keep_all) {
    change.after = member.point->definition;
    change.incoming = names::incoming_table(change.after->name, operation);
    change.source = source_of(*member.point);
  }
  if (change.before) change.displaced = names::displaced_table(change.before->name, operation);
  change.id = prefix + std::to_string(number);
  return change;
}

bool same_choices(const std::vector<Decision>& a, const std::vector<Decision>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Decision& x, const Decision& y) {
                      return x.table == y.table && x.choice == y.choice;
                    });
}

class Preparation {
 public:
  Preparation(const Location& location, const std::string& component,
              const DatabaseSettings& settings, const Order& order)
      : location_(location),
        component_(component),
        settings_(settings),
        order_(order),
        writer_(open(location, Access::write)),
        registry_(*writer_, component) {}

  Engine::Prepared run() {
    discard(location_, component_, order_.operation);
    if (!first_look()) return finished();
    if (is_wal(*writer_)) {
      Transaction start(*writer_, Transaction::Kind::write);
      build_frames();
      start.commit();
      fail_point("database prepare: frames");
      const Connection reader = open(location_, Access::read);
      fill(*reader);
      fail_point("database prepare: filled");
      Transaction end(*writer_, Transaction::Kind::write);
      catch_up();
      record(State::prepared);
      end.commit();
    } else {
      Transaction all(*writer_, Transaction::Kind::write);
      build_frames();
      fill(*writer_);
      record(State::prepared);
      fail_point("database prepare: filled");
      all.commit();
    }
    fail_point("database prepare: prepared");
    return finished();
  }

 private:
  // Decides, before anything is made, which tables are going to change.
  bool first_look() {
    const Connection reader = open(location_, Access::read);
    Transaction snapshot(*reader, Transaction::Kind::snapshot);
    const Survey seen = look(*reader);
    plan_ = {order_.operation, order_.point, order_.loss_limit, 0, {}};
    const std::string prefix = operation_prefix(order_.operation, component_);
    for (size_t i = 0; i < seen.members.size(); ++i) {
      plan_.changes.push_back(
          make_change(seen.members[i], decisions_[i], order_.operation, prefix, i + 1));
      plan_.rows_lost += decisions_[i].rows_lost;
      recorded_.push_back(seen.members[i].recorded);
    }
    return plan_.swaps();
  }

  Survey look(SQLite::Database& db) {
    Survey seen = survey(db, Registry(db, component_), settings_, order_.point, order_.backups);
    decisions_ = order_.choose(seen.facts);
    return seen;
  }

  void build_frames() {
    registry_.create();
    record(State::preparing);
    require_free_names();
    for (const Change& change : plan_.changes) {
      if (!change.swaps()) continue;
      if (change.before) {
        require_unchanged(change);
        start_log(*writer_, *change.before, change.before_log());
      }
      if (change.incoming.empty()) continue;
      const Face face = change.incoming_face();
      writer_->exec(face.sql);
      for (const auto& index : face.indexes) writer_->exec(index.sql);
    }
  }

  void require_free_names() {
    std::vector<std::string> leaving;
    for (const Change& change : plan_.changes) {
      if (change.swaps() && change.before) leaving.push_back(change.before->name);
    }
    for (const Change& change : plan_.changes) {
      if (!change.swaps() || !change.after) continue;
      const auto name = taken_name(*writer_, *change.after, leaving);
      if (!name) continue;
      throw Refused("'" + *name + "' of table '" + change.table() +
                    "' cannot come back: another table of database '" + location_.schema +
                    "' has that name now");
    }
  }

  void require_unchanged(const Change& change) {
    const auto definition = read_definition(*writer_, change.table());
    if (!definition || !definition->same_structure(*change.before)) changed_meanwhile(change);
  }

  [[noreturn]] void changed_meanwhile(const Change& change) {
    throw Refused("table '" + change.table() + "' of database '" + location_.schema +
                      "' was changed meanwhile",
                  {"run the command again"});
  }

  // From here on every write is logged, so what this snapshot lacks will come.
  void fill(SQLite::Database& reader) {
    std::optional<Transaction> snapshot;
    if (&reader != writer_.get()) snapshot.emplace(reader, Transaction::Kind::snapshot);
    const auto before = decisions_;
    look(reader);
    if (!same_choices(before, decisions_)) {
      throw Refused("rows of database '" + location_.schema + "' were written meanwhile",
                    {"run the command again"});
    }
    plan_.rows_lost = 0;
    const Work work("preparing tables", Unit::rows, rows_to_prepare(reader));
    for (size_t i = 0; i < plan_.changes.size(); ++i) {
      plan_.changes[i].rows_lost = decisions_[i].rows_lost;
      plan_.rows_lost += decisions_[i].rows_lost;
      fill_table(reader, plan_.changes[i], recorded_[i]);
    }
  }

  // As fill_table() reads them: copied and hashed, or hashed first and then today's copied.
  std::uint64_t rows_to_prepare(SQLite::Database& reader) const {
    std::uint64_t rows = 0;
    for (size_t i = 0; i < plan_.changes.size(); ++i) {
      const Change& change = plan_.changes[i];
      if (change.incoming.empty()) continue;
      const auto at_point = static_cast<std::uint64_t>(recorded_[i] ? recorded_[i]->rows : 0);
      if (change.choice == Choice::restore) {
        rows += 2 * at_point;
      } else {
        rows +=
            rows_for_progress(reader, change.before->name) + (is_checked(change) ? at_point : 0);
      }
    }
    return rows;
  }

  static bool is_checked(const Change& change) {
    return !change.source.table.empty() && !columns_only_in(*change.after, *change.before).empty();
  }

  void fill_table(SQLite::Database& reader, const Change& change,
                  const std::optional<Backup>& recorded) {
    if (change.incoming.empty()) return;
    const std::string insert = insert_into_table(*change.after, change.incoming);
    const int hidden = has_hidden_rowid(*change.after) ? 1 : 0;
    if (change.choice == Choice::restore) {
      const Hashed hashed = copy_rows(
          reader, *writer_, {select_for_table(*change.after, change.source), insert, hidden});
      require_hash(change, *recorded, hashed);
      // The copy, too: a column's type could have bent a value.
      require_hash(change, *recorded,
                   hash_rows(*writer_, select_rows(*change.after, {change.incoming, false})));
      return;
    }
    if (is_checked(change)) {
      require_hash(change, *recorded, hash_rows(reader, select_rows(*change.after, change.source)));
    }
    fitting(change, [&] {
      copy_rows(reader, *writer_,
                {select_projected_for_table(projection_of(change)), insert, hidden});
    });
  }

  void require_hash(const Change& change, const Backup& recorded, const Hashed& hashed) {
    if (hashed.rows == recorded.rows && hashed.sha256 == recorded.sha256) return;
    throw Refused("the backup of table '" + change.table() + "', '" + change.source.table +
                  "', is not what the point recorded: it has " + counted(hashed.rows, "row") +
                  ", and " + std::to_string(recorded.rows) + (recorded.rows == 1 ? " is" : " are") +
                  " expected with another hash");
  }

  // Brings the incoming tables up to now, so that the swap has little to carry.
  void catch_up() {
    for (const Change& change : plan_.changes) {
      if (change.choice != Choice::keep_all || !is_logged(*writer_, change.before_log())) continue;
      Carry carry{projection_of(change), change.incoming};
      carry.projection.key_in = change.before_log();
      fitting(change, [&] { carry_over(*writer_, carry); });
      writer_->exec("DELETE FROM " + identifier(change.before_log()));
    }
  }

  void record(State state) { registry_.put({order_.operation, state, "", to_text(plan_)}); }

  Engine::Prepared finished() { return {to_text(plan_), plan_.rows_lost, plan_.swaps()}; }

  Location location_;
  std::string component_;
  const DatabaseSettings& settings_;
  const Order& order_;
  Connection writer_;
  Registry registry_;
  Plan plan_;
  std::vector<Decision> decisions_;
  std::vector<std::optional<Backup>> recorded_;
};

void drop_all_of(SQLite::Database& db, const Plan& plan) {
  for (const Change& change : plan.changes) {
    for (const std::string& log : {change.before_log(), change.after_log()}) stop_log(db, log);
    if (!change.incoming.empty()) db.exec("DROP TABLE IF EXISTS " + identifier(change.incoming));
  }
}

}  // namespace

Engine::Prepared prepare(const Location& location, const std::string& component,
                         const DatabaseSettings& settings, const Order& order) {
  try {
    return Preparation(location, component, settings, order).run();
  } catch (const std::runtime_error&) {
    // Best effort: the caller's discard() does the same again.
    try {
      discard(location, component, order.operation);
    } catch (const std::runtime_error&) {
    }
    throw;
  }
}

std::vector<TableFacts> gather_facts(const Location& location, const std::string& component,
                                     const DatabaseSettings& settings, const std::string& point,
                                     const std::vector<Backup>& backups) {
  const Connection db = open(location, Access::read);
  Transaction snapshot(*db, Transaction::Kind::snapshot);
  return survey(*db, Registry(*db, component), settings, point, backups).facts;
}

void discard(const Location& location, const std::string& component,
             const std::string& operation_id) {
  const Connection db = open(location, Access::write);
  Registry registry(*db, component);
  const auto found = registry.operation(operation_id);
  if (!found || found->state == State::settled) return;
  if (found->state == State::swapped) {
    throw Fatal("operation '" + operation_id + "' is live in database '" + location.schema +
                "' and cannot be discarded");
  }
  fail_point("database discard: before");
  Transaction transaction(*db, Transaction::Kind::write);
  drop_all_of(*db, plan_from(found->plan));
  registry.remove_operation(operation_id);
  fail_point("database discard: within");
  transaction.commit();
  fail_point("database discard: after");
}

void settle(const Location& location, const std::string& component,
            const std::string& operation_id) {
  const Connection db = open(location, Access::write);
  Registry registry(*db, component);
  const auto found = registry.operation(operation_id);
  if (!found || found->state != State::swapped) return;
  fail_point("database settle: before");
  Transaction transaction(*db, Transaction::Kind::write);
  drop_all_of(*db, plan_from(found->plan));
  registry.set_state(operation_id, State::settled);
  fail_point("database settle: within");
  transaction.commit();
  fail_point("database settle: after");
}

}  // namespace rollback::sqlite
