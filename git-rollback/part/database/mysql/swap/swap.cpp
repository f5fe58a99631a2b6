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
    observed_.clear();
    std::vector<Side::Look> looks;
    for (Side& side : sides_) looks.push_back(look(side));
    std::vector<Seen> all;
    for (size_t i = 0; i < looks.size(); ++i) all.push_back(named(sides_[i], looks[i].seen));
    observed_ = std::move(looks);
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
      if (look(side).seen.what != Observation::before) return;
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

  static Side::Look look(Side& side) {
    return guarded(schema_of(side), [&] { return side.look(); });
  }

  Seen named(const Side& side, Seen seen) const {
    if (sides_.size() > 1 && seen.what == Observation::foreign) {
      seen.detail += " (in database '" + schema_of(side) + "')";
    }
    return seen;
  }

  // By what was observed right before, where all claims were held since; else they are
  // looked at again.
  std::vector<Side*> those_that(bool (Side::*may)(const Side::Look&) const) {
    auto looks = std::exchange(observed_, {});
    bool held = !looks.empty();
    for (Side& side : sides_) {
      held = guarded(schema_of(side), [&] { return side.require_claim(); }) && held;
    }
    if (!held) looks.clear();
    for (size_t i = looks.size(); i < sides_.size(); ++i) looks.push_back(look(sides_[i]));
    std::vector<Side*> some;
    for (size_t i = 0; i < sides_.size(); ++i) {
      Side& side = sides_[i];
      if (guarded(schema_of(side), [&] { return (side.*may)(looks[i]); })) some.push_back(&side);
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
  std::vector<Side::Look> observed_;  // of each side, until something is done
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
