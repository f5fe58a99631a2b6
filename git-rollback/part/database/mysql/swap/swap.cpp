#include "part/database/mysql/swap/swap.h"

#include <map>
#include <utility>
#include <vector>

#include "part/database/mysql/swap/crossing.h"
#include "part/database/mysql/swap/side.h"

namespace rollback::mysql {
namespace {

using Sides = std::vector<std::shared_ptr<Side>>;

bool may_be_one_statement(const Side& a, const Side& b) {
  Endpoint one = a.place().endpoint();
  Endpoint other = b.place().endpoint();
  one.database.clear();
  other.database.clear();
  return one == other;
}

// The databases that one operation swaps for one component.
class Together {
 public:
  void add(const std::shared_ptr<Side>& side) { latest_[side->place().schema] = side; }

  Step::Seen look(const std::shared_ptr<Side>& side) {
    if (!side->plan().outside_keys.empty()) (void)swapping_with(side);
    return side->look();
  }

  // Whatever is not as it was prepared is for go() to say.
  void get_ready(const std::shared_ptr<Side>& first) {
    const Sides sides = swapping_with(first);
    for (const auto& side : sides) {
      if (side->look().what != Observation::before) return;
    }
    if (is_ready_for(sides)) return;
    for (const auto& side : sides) (void)side->may_go();
    ready(sides);
    there_->get_ready();
  }

  void go(const std::shared_ptr<Side>& first) {
    const Sides sides = swapping_with(first);
    bool done = true;
    for (const auto& side : sides) done = !side->may_go() && done;
    if (done) return;
    if (!is_ready_for(sides)) ready(sides);
    there_->run();
    there_.reset();
  }

  void go_back(const std::shared_ptr<Side>& first) {
    there_.reset();  // with what it holds
    const Sides sides = swapping_with(first);
    Sides going;
    for (const auto& side : sides) {
      if (side->may_go_back()) going.push_back(side);
    }
    if (!going.empty()) Crossing(seen_by_crossing(going), Way::back).run();
  }

 private:
  // It, and the others.
  Sides swapping_with(const std::shared_ptr<Side>& first) {
    std::map<std::string, std::shared_ptr<Side>> by_schema;
    for (const auto& [schema, side] : latest_) {
      if (side->plan().swaps() && may_be_one_statement(*side, *first)) by_schema[schema] = side;
    }
    by_schema[first->place().schema] = first;
    Sides sides;
    for (const auto& [schema, side] : by_schema) sides.push_back(side);
    for (const auto& side : sides) {
      for (const auto& other : sides) {
        if (other != side) side->leave_keys_of(*other);
      }
    }
    return sides;
  }

  static std::vector<Crossing::Side> seen_by_crossing(const Sides& sides) {
    std::vector<Crossing::Side> all;
    for (const auto& side : sides) all.push_back({&side->place(), &side->plan()});
    return all;
  }

  bool is_ready_for(const Sides& sides) { return there_ && sides == ready_ && there_->is_ready(); }

  void ready(const Sides& sides) {
    there_.reset();
    ready_ = sides;
    there_ = std::make_unique<Crossing>(seen_by_crossing(sides), Way::there);
  }

  std::map<std::string, std::shared_ptr<Side>> latest_;  // by schema; also of a step that is gone
  Sides ready_;
  std::unique_ptr<Crossing> there_;  // since get_ready(), of those
};

// Those of this process, for as long as a step keeps them.
std::shared_ptr<Together> together(const Place& place, const Plan& plan) {
  static std::map<std::pair<std::string, std::string>, std::weak_ptr<Together>> kept;
  auto& one = kept[{plan.operation, place.component}];
  auto found = one.lock();
  if (!found) one = found = std::make_shared<Together>();
  return found;
}

class Swap : public Step {
 public:
  Swap(const Place& place, Plan plan)
      : together_(together(place, plan)), side_(std::make_shared<Side>(place, std::move(plan))) {
    together_->add(side_);
  }

  std::string name() const override { return "database " + side_->place().schema; }

  Seen observe() override {
    return guarded([&] { return together_->look(side_); });
  }
  void get_ready() override {
    guarded([&] {
      if (side_->plan().swaps()) together_->get_ready(side_);
    });
  }
  void apply() override {
    guarded([&] {
      if (side_->plan().swaps()) return together_->go(side_);
      if (side_->may_go()) side_->say_swapped(true);
    });
  }
  void revert() override {
    guarded([&] {
      if (side_->plan().swaps()) return together_->go_back(side_);
      if (side_->may_go_back()) side_->say_swapped(false);
    });
  }

 private:
  template <class Work>
  std::invoke_result_t<Work> guarded(Work&& work) {
    return mysql::guarded(side_->place().schema, std::forward<Work>(work));
  }

  std::shared_ptr<Together> together_;
  std::shared_ptr<Side> side_;
};

}  // namespace

std::unique_ptr<Step> make_swap(const Place& place, Plan plan) {
  return std::make_unique<Swap>(place, std::move(plan));
}

}  // namespace rollback::mysql
