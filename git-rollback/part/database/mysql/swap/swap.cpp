#include "part/database/mysql/swap/swap.h"

#include "os/error.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/swap/exchange.h"
#include "part/database/mysql/swap/standing.h"

namespace rollback::mysql {
namespace {

class Swap : public Step {
 public:
  Swap(Place place, Plan plan) : place_(std::move(place)), plan_(std::move(plan)) {}

  std::string name() const override { return "database " + place_.schema; }

  Seen observe() override {
    return guarded(place_.schema, [&] {
      Session session = open(place_);
      return observe_swap(session, Registry(session, place_.component), plan_);
    });
  }

  void apply() override {
    guarded(place_.schema, [&] {
      Session session = open(place_);
      Registry registry(session, place_.component);
      const Seen seen = observe_swap(session, registry, plan_);
      if (seen.what == Observation::after) return;
      if (seen.what == Observation::foreign) refuse(seen);
      const auto operation = registry.operation(plan_.operation);
      if (!operation || operation->state == State::preparing) {
        throw Refused("operation '" + plan_.operation + "' is not prepared in database '" +
                      place_.schema + "'");
      }
      if (!plan_.swaps()) return registry.set_state(plan_.operation, State::swapped);
      exchange(place_, session, registry, plan_);
    });
  }

  void revert() override {
    guarded(place_.schema, [&] {
      Session session = open(place_);
      Registry registry(session, place_.component);
      const Seen seen = observe_swap(session, registry, plan_);
      if (seen.what == Observation::before) return;
      if (seen.what == Observation::foreign) refuse(seen);
      const auto operation = registry.operation(plan_.operation);
      if (!operation || operation->state == State::settled) {
        throw Refused("operation '" + plan_.operation + "' is settled, and is taken back by undo",
                      {"git rollback undo"});
      }
      if (!plan_.swaps()) return registry.set_state(plan_.operation, State::prepared);
      exchange_back(place_, session, registry, plan_);
    });
  }

 private:
  [[noreturn]] void refuse(const Seen& seen) const {
    throw Refused("database '" + place_.schema + "' was changed by somebody else: " + seen.detail);
  }

  Place place_;
  Plan plan_;
};

}  // namespace

std::unique_ptr<Step> make_swap(const Place& place, Plan plan) {
  return std::make_unique<Swap>(place, std::move(plan));
}

}  // namespace rollback::mysql
