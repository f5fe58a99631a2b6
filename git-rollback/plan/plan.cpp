#include "plan/plan.h"

#include <algorithm>
#include <limits>

namespace rollback {
namespace {

std::string rows(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " row" : " rows");
}

Fate fate_of(const Assessment& assessment, const LossPolicy& policy) {
  const bool too_lossy = assessment.rows_lost.value_or(0) > policy.limit();
  if (assessment.obstacle) {
    const bool leaves = assessment.obstacle->for_the_rows || assessment.obstacle->out_of_reach;
    return leaves && policy.emergency ? Fate::left_out : Fate::refused;
  }
  if (assessment.already) return Fate::already;
  if (policy.emergency && (too_lossy || !assessment.rows_lost)) return Fate::left_out;
  return Fate::goes;
}

std::optional<Risk> risk_of(std::optional<std::int64_t> lost, const LossPolicy& policy) {
  if (!lost) return std::nullopt;
  if (*lost == 0) return Risk::none;
  return *lost <= policy.minimal ? Risk::minimal : Risk::significant;
}

void add_up_losses(Plan& plan, const LossPolicy& policy) {
  plan.rows_lost = 0;
  for (const auto& part : plan.parts) {
    if (part.fate != Fate::goes) continue;
    if (!part.assessment.rows_lost) {
      plan.rows_lost.reset();
      break;
    }
    *plan.rows_lost += *part.assessment.rows_lost;
  }
  plan.risk = risk_of(plan.rows_lost, policy);
}

void add_refusals(Plan& plan, const LossPolicy& policy) {
  for (const auto& part : plan.parts) {
    if (part.fate != Fate::refused) continue;
    const Obstacle& obstacle = *part.assessment.obstacle;
    auto hints = obstacle.hints;
    if (obstacle.out_of_reach) {
      hints.emplace_back(
          "to go back without it, add --emergency, or --components with the other parts");
    }
    plan.refusals.push_back(
        {part.name() + ": " + obstacle.reason, hints, obstacle.can_be_resolved});
  }
  if (!plan.rows_lost) {
    if (policy.accepted != Risk::significant) {
      plan.refusals.push_back({"it is unknown how many rows would be lost",
                               {"to accept any loss: --accept-data-loss=significant"}});
    }
  } else if (*plan.rows_lost > policy.limit()) {
    plan.refusals.push_back(
        {rows(*plan.rows_lost) + " would be lost",
         {"to accept that: --accept-data-loss=" + std::string(name_of(*plan.risk))}});
  }
}

}  // namespace

std::string_view name_of(Risk risk) {
  switch (risk) {
    case Risk::none:
      return "none";
    case Risk::minimal:
      return "minimal";
    case Risk::significant:
      break;
  }
  return "significant";
}

bool Plan::nothing_to_do() const {
  return std::all_of(parts.begin(), parts.end(),
                     [](const PartPlan& part) { return part.fate == Fate::already; });
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
    part.fate = fate_of(part.assessment, policy);
    const auto& features = part.assessment.features;
    if (part.fate == Fate::goes) {
      plan.features.insert(plan.features.end(), features.begin(), features.end());
    }
  }
  add_up_losses(plan, policy);
  add_refusals(plan, policy);
  return plan;
}

}  // namespace rollback
