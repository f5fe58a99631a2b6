#include "part/database/mysql/swap/in_place_step.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "os/error.h"
#include "os/fail_point.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/catalogue/what_differs.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/server/statement_limit.h"
#include "part/database/mysql/server/table_lock.h"
#include "part/database/mysql/swap/in_place.h"

namespace rollback::mysql {
namespace {

constexpr std::chrono::milliseconds longest_look{500};  // under the lock

class InPlaceStep : public Step {
 public:
  InPlaceStep(Place place, Change change, std::string operation)
      : place_(std::move(place)), change_(std::move(change)), operation_(std::move(operation)) {}

  std::string name() const override {
    return "database " + place_.schema + ", table " + change_.table();
  }

  Seen observe() override {
    return guarded(place_.schema, [&] {
      Session session = open(place_);
      Seen seen = look(session);
      if (seen.what == Observation::after && !was_begun(session)) {
        return Seen{Observation::foreign, "table '" + change_.table() +
                                              "' has the point's definition, and not by this"
                                              " operation, which the database does not know"};
      }
      return seen;
    });
  }

  void get_ready() override {
    guarded(place_.schema, [&] {
      Session session = open(place_);
      if (look(session).what == Observation::before) require_as_planned(session, false);
    });
  }

  void apply() override { alter(true); }
  void revert() override { alter(false); }

 private:
  Seen look(Session& session) const {
    const std::string table = "table '" + change_.table() + "' ";
    const auto found = read_definition(session, change_.table());
    if (!found) return {Observation::foreign, table + "is gone"};
    const auto is = [&](const std::optional<Definition>& expected) {
      return same_but_for_foreign_keys(found->create, expected->create);
    };
    const bool before = is(change_.before);
    if (!before && !is(change_.after)) {
      const bool never_altered = has_all_that_goes(*found);
      const Definition& expected = never_altered ? *change_.before : *change_.after;
      return {Observation::foreign,
              table + "has another definition" + what_differs(found->create, expected.create),
              "take back what was changed there", never_altered};
    }
    const auto& known = change_.before->triggers;
    for (const Trigger& trigger : found->triggers) {
      if (std::find(known.begin(), known.end(), trigger) == known.end()) {
        return {Observation::foreign, table + "has another trigger"};
      }
    }
    return {before ? Observation::before : Observation::after};
  }

  // Then it was not altered.
  bool has_all_that_goes(const Definition& found) const {
    const auto going = columns_only_in(*change_.before, *change_.after);
    return !going.empty() && std::all_of(going.begin(), going.end(), [&](const std::string& name) {
      return found.column(name) != nullptr;
    });
  }

  void alter(bool there) {
    guarded(place_.schema, [&] {
      Session session = open(place_);
      const Seen seen = look(session);
      if (seen.what == (there ? Observation::after : Observation::before)) return;
      if (seen.what == Observation::foreign) {
        throw Refused("database '" + place_.schema +
                      "' was changed by somebody else: " + seen.detail);
      }
      require_live(session);
      trying_for_a_lock(session, {{place_.schema, change_.table()}}, default_deadline,
                        [&](std::chrono::seconds wait) {
                          session.set_lock_wait(wait);
                          if (there) require_as_planned(session, false);
                          alter_under_lock(session, there);
                        });
      fail_point(there ? "database in place: after" : "database in place: back");
    });
  }

  // Else the database is another, such as an older dump that was restored.
  bool was_begun(Session& session) const {
    const auto operation = Registry(session, place_.component).operation(operation_);
    return operation && (operation->state == State::swapped || operation->state == State::settled);
  }

  // Whoever took the operation over or ended it has also stopped its logs.
  void require_live(Session& session) const {
    const auto operation = Registry(session, place_.component).operation(operation_);
    if (operation && operation->state == State::swapped) return;
    if (operation && operation->state == State::settled) {
      throw Refused("operation '" + operation_ + "' is settled, and is taken back by undo",
                    {"git rollback undo"});
    }
    throw Refused("operation '" + operation_ + "' is not live in database '" + place_.schema + "'");
  }

  void alter_under_lock(Session& session, bool there) const {
    TableLock lock(session, [&] { session.run(lock_statement(session)); });
    fail_point("database in place: locked");
    const Observation expected = there ? Observation::before : Observation::after;
    if (look(session).what != expected) refuse_changed(change_, "changed");
    if (there) require_as_planned(session, true);
    run(session, there ? change_.in_place->there : change_.in_place->back);
    fail_point("database in place: altered");
    lock.release();
  }

  // What the table was through may matter, too, and that the trial did not show.
  void run(Session& session, const std::string& what) const try {
    session.run("ALTER TABLE " + identifier(change_.table()) + " " + what);
  } catch (const ServerError& error) {
    constexpr std::array not_at_once{1845, 1846, 4092};
    if (std::find(not_at_once.begin(), not_at_once.end(), error.code()) == not_at_once.end()) throw;
    throw Refused("table '" + change_.table() + "' cannot be changed in place: " + error.what(),
                  {"rebuild it by ALTER TABLE " + identifier(change_.table()) +
                   " FORCE, then run the command again"});
  }

  // On MariaDB the triggers' log must not be named, see cut_over.cpp.
  std::string lock_statement(const Session& session) const {
    std::string statement = "LOCK TABLES " + identifier(change_.table()) + " WRITE";
    if (!session.flavour().mariadb) statement += ", " + identifier(change_.before_log()) + " WRITE";
    return statement;
  }

  // What fires no trigger brings another storage.
  void require_as_planned(Session& session, bool locked) const {
    if (storage_of(session, change_.table()) != change_.storage)
      refuse_changed(change_, "emptied or rebuilt");
    if (!is_followed(session, change_.table(), change_.before_log())) {
      throw Refused("what was written to table '" + change_.table() + "' meanwhile is not known",
                    {"nothing was changed; git rollback --abort"});
    }
    if (!(locked ? has_late_values(session) : look_for_new_values(session, change_))) return;
    refuse_written(change_);
  }

  // Of what was written since the last look, which is little.
  bool has_late_values(Session& session) const try {
    StatementLimit limit(session, longest_look);
    limit.renew();
    return has_new_values(session, change_);
  } catch (const ServerError& error) {
    if (StatementLimit::is_passed(error)) return true;
    throw;
  }

  Place place_;
  Change change_;
  std::string operation_;
};

}  // namespace

std::vector<std::unique_ptr<Step>> make_alterations(const Place& place, const Plan& plan) {
  std::vector<std::unique_ptr<Step>> steps;
  for (const Change& change : plan.changes) {
    if (change.in_place)
      steps.push_back(std::make_unique<InPlaceStep>(place, change, plan.operation));
  }
  return steps;
}

}  // namespace rollback::mysql
