#include "part/database/mysql/swap/swap.h"

#include "os/error.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/swap/exchange.h"
#include "part/database/mysql/swap/queue.h"
#include "part/database/mysql/swap/standing.h"

namespace rollback::mysql {
namespace {

class Swap : public Step {
 public:
  Swap(Place place, Plan plan) : place_(std::move(place)), plan_(std::move(plan)) {}

  std::string name() const override { return "database " + place_.schema; }

  Seen observe() override {
    return guarded(place_.schema, [&] { return look(); });
  }

  // Whatever is not as it was prepared is for apply() to say.
  void get_ready() override {
    guarded(place_.schema, [&] {
      if (!plan_.swaps() || look().what != Observation::before) return;
      require_prepared();
      there_ = exchange_there(place_, plan_);
      there_->get_ready();
    });
  }

  void apply() override {
    guarded(place_.schema, [&] {
      const Seen seen = look();
      if (seen.what == Observation::after) return;
      if (seen.what == Observation::foreign) refuse(seen);
      require_prepared();
      if (!plan_.swaps()) {
        return Registry(*session_, place_.component).set_state(plan_.operation, State::swapped);
      }
      if (!there_ || !there_->is_ready()) there_ = exchange_there(place_, plan_);
      there_->run();
    });
  }

  void revert() override {
    guarded(place_.schema, [&] {
      there_.reset();  // with what it holds
      const Seen seen = look();
      if (seen.what == Observation::before) return;
      if (seen.what == Observation::foreign) refuse(seen);
      Registry registry(*session_, place_.component);
      const auto operation = registry.operation(plan_.operation);
      if (!operation || operation->state == State::settled) {
        throw Refused("operation '" + plan_.operation + "' is settled, and is taken back by undo",
                      {"git rollback undo"});
      }
      if (!plan_.swaps()) return registry.set_state(plan_.operation, State::prepared);
      exchange_back(place_, plan_)->run();
    });
  }

 private:
  // In a session that stays, and is opened again where it was lost.
  Seen look() {
    for (const bool again : {false, true}) {
      try {
        if (!session_ || again) log_in();
        return observe_swap(*session_, Registry(*session_, place_.component), plan_);
      } catch (const ServerError& error) {
        if (!error.is_lost_connection() || again) throw;
      }
    }
    return {};  // not reached
  }

  // A process that was killed in its cut-over can have left the server at work.
  void log_in() {
    session_ = std::make_unique<Session>(open(place_));
    for (const Change& change : plan_.changes) {
      if (!change.swaps()) continue;
      const bool comes = !change.incoming.empty();
      return wait_for_rename_of(*session_, comes ? change.incoming : change.displaced);
    }
  }

  void require_prepared() {
    const auto operation = Registry(*session_, place_.component).operation(plan_.operation);
    if (operation && operation->state != State::preparing) return;
    throw Refused("operation '" + plan_.operation + "' is not prepared in database '" +
                  place_.schema + "'");
  }

  [[noreturn]] void refuse(const Seen& seen) const {
    throw Refused("database '" + place_.schema + "' was changed by somebody else: " + seen.detail);
  }

  Place place_;
  Plan plan_;
  std::unique_ptr<Session> session_;  // to look
  std::unique_ptr<Exchange> there_;   // since get_ready()
};

}  // namespace

std::unique_ptr<Step> make_swap(const Place& place, Plan plan) {
  return std::make_unique<Swap>(place, std::move(plan));
}

}  // namespace rollback::mysql
