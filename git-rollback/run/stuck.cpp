#include "run/stuck.h"

namespace rollback {
namespace {

// "": it can go.
std::string why_stuck(const Executor::StepState& step, Way way, State state) {
  if (!step.unknown.empty()) return step.unknown;
  if (state == State::published) return "";  // what is to be cleaned up can be asked
  const bool over = state == State::verified || state == State::held;
  if (way == Way::forward && over && !step.settles && step.seen.what == Observation::before) {
    return step.step + ": it was at the target, and is not any more";
  }
  if (step.seen.what != Observation::foreign) return "";
  return way == Way::back && step.seen.never_applied ? "" : step.step + ": " + step.seen.detail;
}

}  // namespace

Stuck stuck_parts(const std::vector<Executor::StepState>& steps, Way way, State state) {
  Stuck stuck;
  for (const auto& step : steps) {
    if (auto why = why_stuck(step, way, state); !why.empty()) stuck.try_emplace(step.part, why);
  }
  return stuck;
}

}  // namespace rollback
