#include "part/database/sqlite/swap.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <cctype>

#include "os/error.h"
#include "os/fail_point.h"
#include "part/database/sqlite/log.h"
#include "part/database/sqlite/registry.h"
#include "part/database/sqlite/revert.h"
#include "part/database/sqlite/schema.h"

namespace rollback::sqlite {
namespace {

bool is_autoincrement(const Definition& definition) {
  std::string sql = definition.sql;
  std::transform(sql.begin(), sql.end(), sql.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return sql.find("AUTOINCREMENT") != std::string::npos;
}

std::optional<std::int64_t> sequence_of(SQLite::Database& db, const std::string& table) {
  SQLite::Statement query(db, "SELECT seq FROM sqlite_sequence WHERE name=?");
  query.bind(1, table);
  if (!query.executeStep()) return std::nullopt;
  return query.getColumn(0).getInt64();
}

// The next rowid: the point's, or none that today's rows already had.
void set_sequence(SQLite::Database& db, const Change& change) {
  if (!change.after || !is_autoincrement(*change.after)) return;
  auto wanted = change.after->sequence;
  if (change.choice == Choice::keep_all) {
    wanted = std::max(sequence_of(db, change.after->name), sequence_of(db, change.displaced));
  }
  SQLite::Statement remove(db, "DELETE FROM sqlite_sequence WHERE name=?");
  remove.bind(1, change.after->name);
  remove.exec();
  if (!wanted) return;
  SQLite::Statement insert(db, "INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)");
  insert.bind(1, change.after->name);
  insert.bind(2, *wanted);
  insert.exec();
}

class Swap : public Step {
 public:
  Swap(Location location, std::string component, Plan plan)
      : location_(std::move(location)), component_(std::move(component)), plan_(std::move(plan)) {}

  std::string name() const override { return "database " + location_.schema; }

  Seen observe() override {
    return guarded(location_.schema, [&] {
      const Connection db = open(location_, Access::read);
      const Transaction snapshot(*db, Transaction::Kind::snapshot);
      return observe_swap(*db, component_, plan_);
    });
  }

  void apply() override {
    guarded(location_.schema, [&] {
      const Connection db = open(location_, Access::write);
      Transaction transaction(*db, Transaction::Kind::write);
      const Seen seen = observe_swap(*db, component_, plan_);
      if (seen.what == Observation::after) return;
      if (seen.what == Observation::foreign) refuse(seen);
      Registry registry(*db, component_);
      if (!registry.operation(plan_.operation)) {
        throw Refused("operation '" + plan_.operation + "' is not prepared in database '" +
                      location_.schema + "'");
      }
      bring_up_to_now(*db, registry.vacuumed());
      exchange(*db);
      registry.set_state(plan_.operation, State::swapped);
      fail_point("database swap: within");
      transaction.commit();
    });
  }

  void revert() override {
    guarded(location_.schema, [&] {
      const Connection db = open(location_, Access::write);
      Transaction transaction(*db, Transaction::Kind::write);
      const Seen seen = observe_swap(*db, component_, plan_);
      if (seen.what == Observation::before) return;
      if (seen.what == Observation::foreign) refuse(seen);
      Registry registry(*db, component_);
      const auto operation = registry.operation(plan_.operation);
      if (!operation || operation->state != State::swapped) {
        throw Refused("operation '" + plan_.operation + "' is settled, and is taken back by undo",
                      {"git rollback undo"});
      }
      revert_swap(*db, registry, plan_);
      fail_point("database revert: within");
      transaction.commit();
    });
  }

 private:
  [[noreturn]] void refuse(const Seen& seen) const {
    throw Refused("database '" + location_.schema +
                  "' was changed by somebody else: " + seen.detail);
  }

  // What was written since prepare().
  void bring_up_to_now(SQLite::Database& db, bool vacuumed) {
    std::int64_t lost = plan_.rows_lost;
    for (const Change& change : plan_.changes) {
      if (!change.swaps()) continue;
      if (change.choice == Choice::restore) refill_if_touched(db, change);
      if (!change.before || !is_logged(db, change.before_log())) continue;
      const bool blind = vacuumed && has_hidden_rowid(*change.before);
      if (change.choice == Choice::keep_all) {
        Carry carry{projection_of(change), change.incoming, blind};
        carry.projection.key_in = change.before_log();
        fitting(change, [&] { carry_over(db, carry); });
      } else if (!change.ledger) {
        const auto rows =
            count_logged_rows(db, *change.before, change.before->name, change.before_log());
        lost += rows;
        if (change.if_unwritten || blind || (rows > 0 && lost > plan_.loss_limit)) {
          throw Refused("rows of table '" + change.table() + "' were written meanwhile",
                        {"run the command again"});
        }
      }
    }
  }

  void exchange(SQLite::Database& db) {
    SchemaEdit edit(db);
    for (const Change& change : plan_.changes) {
      if (!change.swaps()) continue;
      if (change.before) {
        edit.drop_triggers(change.before->name);
        edit.rename(live_face(*change.before), change.displaced_face());
      }
      if (!change.after) continue;
      edit.rename(change.incoming_face(), live_face(*change.after));
      edit.add_triggers(change.after->name, change.after->triggers);
      edit.set_statistics(*change.after);
    }
    edit.finish();
    for (const Change& change : plan_.changes) {
      if (!change.swaps()) continue;
      set_sequence(db, change);
      if (change.after) start_log(db, *change.after, change.after_log());
    }
  }

  Location location_;
  std::string component_;
  Plan plan_;
};

}  // namespace

std::unique_ptr<Step> make_swap(const Location& location, const std::string& component, Plan plan) {
  return std::make_unique<Swap>(location, component, std::move(plan));
}

Projection projection_of(const Change& change) {
  return {*change.before, *change.after, change.before->name, change.source};
}

void fitting(const Change& change, const std::function<void()>& work) {
  try {
    work();
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() != SQLITE_CONSTRAINT) throw;
    throw Refused("a row of table '" + change.table() +
                      "' does not fit the point's structure: " + error.what(),
                  {"--rows=restore takes the point's rows instead"});
  }
}

}  // namespace rollback::sqlite
