#include "part/database/mysql/swap/side.h"

#include <algorithm>
#include <utility>

#include "os/error.h"
#include "part/database/mysql/swap/queue.h"
#include "part/database/mysql/swap/standing.h"

namespace rollback::mysql {

void Side::leave_keys_of(const Side& other) {
  const auto& changes = other.plan_.changes;
  const auto stays = [&](const OutsideKey& key) {
    return key.schema != other.place_.schema ||
           std::none_of(changes.begin(), changes.end(), [&](const Change& change) {
             return change.swaps() && change.table() == key.table;
           });
  };
  auto& keys = plan_.outside_keys;
  const auto theirs = std::stable_partition(keys.begin(), keys.end(), stays);
  plan_.keys_of_others.insert(plan_.keys_of_others.end(), theirs, keys.end());
  keys.erase(theirs, keys.end());
}

Side::Look Side::look() {
  for (const bool again : {false, true}) {
    try {
      if (!session_ || again) log_in();
      const auto operation = registry_->operation(plan_.operation);
      const auto state = operation ? std::optional(operation->state) : std::nullopt;
      return {observe_swap(*session_, state, plan_), state};
    } catch (const ServerError& error) {
      if (!error.is_lost_connection() || again) throw;
    }
  }
  return {};  // not reached
}

// A process that was killed in its cut-over can have left the server at work.
void Side::log_in() {
  session_ = std::make_unique<Session>(open(place_));
  registry_ = std::make_unique<Registry>(*session_, place_.component);
  for (const Change& change : plan_.changes) {
    if (!change.swaps()) continue;
    const bool comes = !change.incoming.empty();
    return wait_for_rename_of(*session_, comes ? change.incoming : change.displaced);
  }
}

bool Side::require_claim() {
  mysql::require_claim(claim_, place_);
  return std::exchange(times_taken_, claim_->times_taken()) == claim_->times_taken();
}

bool Side::may_go(const Look& look) const {
  if (look.seen.what == Observation::after) return false;
  if (look.seen.what == Observation::foreign) refuse(look.seen);
  if (look.state && look.state != State::preparing) return true;
  throw Refused("operation '" + plan_.operation + "' is not prepared in database '" +
                place_.schema + "'");
}

bool Side::may_go_back(const Look& look) const {
  if (look.seen.what == Observation::before || look.seen.never_applied) return false;
  if (look.seen.what == Observation::foreign) refuse(look.seen);
  if (look.state && look.state != State::settled) return true;
  throw Refused("operation '" + plan_.operation + "' is settled, and is taken back by undo",
                {"git rollback undo"});
}

void Side::say_swapped(bool swapped) {
  registry_->set_state(plan_.operation, swapped ? State::swapped : State::prepared);
}

void Side::refuse(const Step::Seen& seen) const {
  std::vector<std::string> hints;
  if (!seen.remedy.empty()) hints.push_back(seen.remedy);
  throw Refused("database '" + place_.schema + "' was changed by somebody else: " + seen.detail,
                hints);
}

}  // namespace rollback::mysql
