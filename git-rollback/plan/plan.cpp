#include "plan/plan.h"

#include <algorithm>
#include <limits>

namespace rollback {
namespace {

constexpr const char* unknown_loss = "it is unknown how many rows would be lost";

std::string rows(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " row" : " rows");
}

// In an emergency a database never stands in the way of the rest.
Fate fate_of(const PartPlan& part, const LossPolicy& policy) {
  const Assessment& assessment = part.assessment;
  const bool too_lossy = assessment.rows_lost.value_or(0) > policy.limit();
  if (assessment.obstacle) {
    const bool can = part.kind == Kind::database || assessment.obstacle->can_be_left_out();
    return policy.emergency && can ? Fate::left_out : Fate::refused;
  }
  if (assessment.already) return Fate::already;
  if (policy.emergency && (too_lossy || !assessment.rows_lost)) return Fate::left_out;
  return Fate::goes;
}

std::optional<Risk> risk_if_known(std::optional<std::int64_t> lost, const LossPolicy& policy) {
  return lost ? std::optional(risk_of(*lost, policy.minimal)) : std::nullopt;
}

// Nothing: of one of these parts it is not known.
std::optional<std::int64_t> rows_lost_by(const std::vector<PartPlan>& parts, Fate fate) {
  std::int64_t lost = 0;
  for (const auto& part : parts) {
    if (part.fate != fate) continue;
    if (!part.assessment.rows_lost) return std::nullopt;
    lost += *part.assessment.rows_lost;
  }
  return lost;
}

// What a part would lose that cannot go yet depends on how it will.
void add_up_losses(Plan& plan, const LossPolicy& policy) {
  plan.rows_lost = rows_lost_by(plan.parts, Fate::goes);
  if (!rows_lost_by(plan.parts, Fate::refused)) plan.rows_lost.reset();
  plan.risk = risk_if_known(plan.rows_lost, policy);
}

// For whoever is told, now or after a kill.
void say_why_left_out(PartPlan& part, const LossPolicy& policy) {
  if (part.fate != Fate::left_out) return;
  if (auto& obstacle = part.assessment.obstacle) {
    obstacle->out_of_reach = !obstacle->for_the_rows;
    return;
  }
  const auto& lost = part.assessment.rows_lost;
  const Risk risk = lost ? risk_of(*lost, policy.minimal) : Risk::significant;
  part.assessment.obstacle =
      Obstacle{.reason = lost ? rows(*lost) + " would be lost" : unknown_loss,
               .hints = {consent_to(risk)},
               .for_the_rows = true};
}

void add_refusals(Plan& plan, const LossPolicy& policy) {
  for (const auto& part : plan.parts) {
    if (part.fate != Fate::refused) continue;
    const Obstacle& obstacle = *part.assessment.obstacle;
    auto hints = obstacle.hints;
    const bool only_it = part.kind == Kind::database && !obstacle.for_the_rows;
    if (plan.undoes.empty() && only_it && (hints.empty() || obstacle.out_of_reach)) {
      hints.emplace_back(
          "to go back without it, add --emergency, or --components with the other parts");
    }
    plan.refusals.push_back(
        {part.name() + ": " + obstacle.reason, hints, obstacle.can_be_resolved});
  }
  const auto lost = rows_lost_by(plan.parts, Fate::goes);
  if (!lost) {
    if (policy.accepted != Risk::significant) {
      plan.refusals.push_back(
          {unknown_loss, {"to accept any loss: " + consent_to(Risk::significant)}});
    }
  } else if (*lost > policy.limit()) {
    plan.refusals.push_back({rows(*lost) + " would be lost",
                             {"to accept that: " + consent_to(risk_of(*lost, policy.minimal))}});
  }
}

}  // namespace

bool Plan::nothing_to_do() const {
  return std::all_of(parts.begin(), parts.end(), [](const PartPlan& part) {
    return part.fate == Fate::already || part.fate == Fate::left_out;
  });
}

bool Plan::only_conflicts() const {
  return !refusals.empty() &&
         std::all_of(refusals.begin(), refusals.end(),
                     [](const Refusal& refusal) { return refusal.can_be_resolved; });
}

bool Plan::partial() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const PartPlan& part) { return part.fate == Fate::left_out; });
}

bool Plan::gave_up() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const PartPlan& part) { return !part.given_up.empty(); });
}

std::int64_t LossPolicy::limit() const {
  switch (accepted) {
    case Risk::none:
      return 0;
    case Risk::minimal:
      return minimal;
    case Risk::significant:
      break;
  }
  return std::numeric_limits<std::int64_t>::max();
}

Plan make_plan(Plan draft, const LossPolicy& policy) {
  Plan plan = std::move(draft);
  plan.refusals.clear();
  for (auto& part : plan.parts) {
    part.fate = fate_of(part, policy);
    say_why_left_out(part, policy);
    const auto& features = part.assessment.features;
    if (part.fate == Fate::goes) {
      plan.features.insert(plan.features.end(), features.begin(), features.end());
    }
  }
  add_up_losses(plan, policy);
  add_refusals(plan, policy);
  return plan;
}

void leave_out(Plan& plan, const std::string& part, const Obstacle& why, const LossPolicy& policy) {
  for (auto& one : plan.parts) {
    if (one.name() != part) continue;
    one.fate = Fate::left_out;
    one.assessment.obstacle = why;
  }
  add_up_losses(plan, policy);
}

}  // namespace rollback
