#include "part/database/mysql/swap/swap.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "part/database/mysql/swap/crossing.h"

namespace rollback::mysql {
namespace {

class Swap : public Step {
 public:
  explicit Swap(std::vector<Side> sides) : sides_(std::move(sides)) {
    for (Side& side : sides_) {
      for (const Side& other : sides_) {
        if (&side != &other) side.leave_keys_of(other);
      }
    }
  }

  std::string name() const override {
    std::string name = sides_.size() == 1 ? "database " : "databases ";
    for (const Side& side : sides_) name += (&side == &sides_[0] ? "" : ", ") + schema_of(side);
    return name;
  }

  // What is foreign in one and never happened there does not keep the others from
  // going back; that it must not go on, apply() says.
  Seen observe() override {
    const bool by_us = std::all_of(sides_.begin(), sides_.end(),
                                   [](const Side& side) { return side.has_claim(); });
    std::vector<Seen> all;
    for (Side& side : sides_) all.push_back(look(side));
    if (by_us) observed_ = all;
    const auto is = [](Observation what) {
      return [what](const Seen& seen) { return seen.what == what; };
    };
    if (std::all_of(all.begin(), all.end(), is(Observation::before))) return all[0];
    if (std::all_of(all.begin(), all.end(), is(Observation::after))) return all[0];
    const bool untouched = std::all_of(all.begin(), all.end(), [](const Seen& seen) {
      return seen.what == Observation::before || seen.never_applied;
    });
    for (const Seen& seen : all) {
      if (seen.what == Observation::foreign && (untouched || !seen.never_applied)) return seen;
    }
    return {Observation::between};
  }

  // Whatever is not as it was prepared is for apply() to say.
  void get_ready() override {
    observed_.clear();
    std::vector<Side*> going;
    for (Side& side : sides_) {
      guarded(schema_of(side), [&] { side.require_claim(); });
      if (look(side).what != Observation::before) return;
      if (side.plan().swaps()) going.push_back(&side);
    }
    if (going.empty()) return;
    ready(going);
    guarded(schema_of(*going[0]), [&] { there_->get_ready(); });
  }

  void apply() override {
    const auto going = those_that(&Side::may_go);
    const auto swapping = those_that_swap(going);
    if (!swapping.empty()) {
      guarded(schema_of(*swapping[0]), [&] {
        if (!there_ || ready_ != swapping || !there_->is_ready()) ready(swapping);
        there_->run();
        there_.reset();
      });
    }
    say_of_the_others(going, true);
  }

  void revert() override {
    there_.reset();  // with what it holds
    const auto going = those_that(&Side::may_go_back);
    const auto swapping = those_that_swap(going);
    if (!swapping.empty()) {
      guarded(schema_of(*swapping[0]), [&] { Crossing(swapping, Way::back).run(); });
    }
    say_of_the_others(going, false);
  }

 private:
  static const std::string& schema_of(const Side& side) { return side.place().schema; }

  Seen look(Side& side) const {
    Seen seen = guarded(schema_of(side), [&] { return side.look(); });
    if (sides_.size() > 1 && seen.what == Observation::foreign) {
      seen.detail += " (in database '" + schema_of(side) + "')";
    }
    return seen;
  }

  // By what was observed right before, where that was with the claim, so that nobody of us
  // can have come between; else they are looked at.
  std::vector<Side*> those_that(bool (Side::*may)(const Seen&)) {
    const auto observed = std::exchange(observed_, {});
    std::vector<Side*> some;
    for (size_t i = 0; i < sides_.size(); ++i) {
      Side& side = sides_[i];
      const bool will = guarded(schema_of(side), [&] {
        side.require_claim();
        return (side.*may)(observed.empty() ? side.look() : observed[i]);
      });
      if (will) some.push_back(&side);
    }
    return some;
  }

  static std::vector<Side*> those_that_swap(const std::vector<Side*>& sides) {
    std::vector<Side*> some;
    for (Side* const side : sides) {
      if (side->plan().swaps()) some.push_back(side);
    }
    return some;
  }

  static void say_of_the_others(const std::vector<Side*>& sides, bool swapped) {
    for (Side* const side : sides) {
      if (side->plan().swaps()) continue;
      guarded(schema_of(*side), [&] { side->say_swapped(swapped); });
    }
  }

  void ready(const std::vector<Side*>& sides) {
    there_.reset();
    ready_ = sides;
    there_ = std::make_unique<Crossing>(sides, Way::there);
  }

  std::vector<Side> sides_;
  std::vector<Seen> observed_;  // of each side, until something is done
  std::vector<Side*> ready_;
  std::unique_ptr<Crossing> there_;  // since get_ready(), of those
};

}  // namespace

std::unique_ptr<Step> make_swap(std::vector<Side> sides) {
  return std::make_unique<Swap>(std::move(sides));
}

std::unique_ptr<Step> make_swap(const Place& place, Plan plan) {
  std::vector<Side> sides;
  sides.emplace_back(place, std::move(plan));
  return make_swap(std::move(sides));
}

}  // namespace rollback::mysql
