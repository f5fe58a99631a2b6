// What a swap does in one database, and how far it is there.
#pragma once

#include <memory>
#include <optional>

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/claim.h"
#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"
#include "part/part.h"

namespace rollback::mysql {

class Side {
 public:
  Side(Place place, Plan plan) : place_(std::move(place)), plan_(std::move(plan)) {}

  const Place& place() const { return place_; }
  const Plan& plan() const { return plan_; }
  // A foreign key of a table that another side swaps goes and comes with that table.
  void leave_keys_of(const Side& other);

  struct Look {
    Step::Seen seen;
    std::optional<State> state;  // of the operation; nothing: it is not in the registry
  };
  // In a session that stays, and is opened again where it was lost.
  Look look();
  // Whether it was held since the last time, so that nobody of us came between.
  bool require_claim();
  // By a look with the claim: false where it is done already; throws Refused where it
  // cannot go. One that is foreign and never happened is not gone back with.
  bool may_go(const Look& look) const;
  bool may_go_back(const Look& look) const;
  // Of a plan that swaps no table.
  void say_swapped(bool swapped);

 private:
  void log_in();
  [[noreturn]] void refuse(const Step::Seen& seen) const;

  Place place_;
  Plan plan_;
  std::unique_ptr<Session> session_;    // to look
  std::unique_ptr<Registry> registry_;  // by that
  std::shared_ptr<Claim> claim_;
  int times_taken_ = 0;
};

}  // namespace rollback::mysql
