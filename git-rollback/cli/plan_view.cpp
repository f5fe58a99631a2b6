#include "cli/plan_view.h"

#include <nlohmann/json.hpp>

#include "cli/terminal.h"

namespace rollback {
namespace {

using nlohmann::json;

std::string_view word_for(const PartPlan& part) {
  const auto& obstacle = part.assessment.obstacle;
  switch (part.fate) {
    case Fate::goes:
      return "goes back";
    case Fate::already:
      return "already there";
    case Fate::refused:
      return "cannot";
    case Fate::left_out:
      break;
  }
  return obstacle && obstacle->out_of_reach ? "stays, cannot go" : "stays, for its rows";
}

bool stays(const PartPlan& part) {
  return part.fate == Fate::refused || part.fate == Fate::left_out;
}

std::string loss_of(const PartPlan& part) {
  if (part.fate != Fate::goes || part.kind != Kind::database) return "";
  if (!part.assessment.rows_lost) return "unknown loss";
  const auto count = *part.assessment.rows_lost;
  return count == 0 ? "loses nothing"
                    : "loses " + std::to_string(count) + (count == 1 ? " row" : " rows");
}

// Why a part of the plan is left out stands nowhere else; why one is refused, among the refusals.
std::vector<std::string> lines_about(const PartPlan& part) {
  const auto& obstacle = part.assessment.obstacle;
  if (part.fate == Fate::left_out && obstacle) return {obstacle->reason};
  return part.assessment.details;
}

std::string in_words(const std::optional<std::chrono::milliseconds>& downtime) {
  return downtime ? "about " + std::to_string(downtime->count()) + " ms" : "not measured here yet";
}

json outcome_as_json(const RollbackReport& report) {
  static constexpr const char* names[] = {"done", "reverted", "held"};
  return {{"operation", report.operation},
          {"outcome", report.outcome == Outcome::done && report.partial()
                          ? "partial"
                          : names[static_cast<size_t>(report.outcome)]},
          {"problem", report.problem.empty() ? json() : json(report.problem)},
          {"left", report.left.empty() ? json() : json(report.left)},
          {"set_aside", report.set_aside},
          {"not_cleaned", report.not_cleaned},
          {"downtime_ms", report.downtime.count()},
          {"swap_ms", report.swap.count()}};
}

}  // namespace

std::string plan_for_people(const Plan& plan, const Judgement& target) {
  std::string text = coloured(
      Colour::strong, plan.environment + (plan.undoes.empty() ? " goes back to " : " returns to ") +
                          plan.target.id);
  text += " (" + std::string(name_of(target.verdict)) + ", " + to_words(plan.target.at, now()) +
          (plan.target.version.empty() ? "" : ", " + printable(plan.target.version)) + ")\n\n";
  Table table;
  for (const auto& part : plan.parts) {
    const Assessment& seen = part.assessment;
    if (stays(part)) {
      table.row({part.name(), std::string(word_for(part))}, Colour::bad);
    } else {
      table.row({part.name(), std::string(word_for(part)), printable(seen.from),
                 seen.to.empty() ? "" : "-> " + printable(seen.to), loss_of(part)});
    }
  }
  text += table.text("  ");
  for (const auto& part : plan.parts) {
    for (const auto& line : lines_about(part)) {
      text += coloured(Colour::dim, "      " + part.name() + ": " + printable(line)) + "\n";
    }
  }
  text += "\n  data loss: " + (plan.risk ? std::string(name_of(*plan.risk)) : "unknown") +
          ", downtime: " + in_words(plan.downtime) + "\n";
  return text;
}

json plan_as_json(const Plan& plan, const std::vector<JudgedPoint>& points,
                  const RollbackReport* report) {
  json object{{"format", 1},
              {"rollback_points", json::array()},
              {"recommended_target", plan.target.commit},
              {"recommended_point", plan.target.id},
              {"estimated_downtime",
               plan.downtime ? json(std::to_string(plan.downtime->count()) + " ms") : json()},
              {"data_loss_risk", plan.risk ? json(name_of(*plan.risk)) : json()},
              {"affected_features", plan.features},
              {"rows_lost", plan.rows_lost ? json(*plan.rows_lost) : json()},
              {"environment", plan.environment},
              {"parts", json::array()},
              {"refusals", json::array()}};
  for (const auto& point : points) object["rollback_points"].push_back(point_as_json(point));
  for (const auto& part : plan.parts) {
    object["parts"].push_back(
        {{"component", part.component},
         {"part", json_name_of(part.kind)},
         {"fate", word_for(part)},
         {"from", part.assessment.from},
         {"to", part.assessment.to},
         {"rows_lost", part.assessment.rows_lost ? json(*part.assessment.rows_lost) : json()},
         {"details", part.assessment.details},
         {"obstacle", part.assessment.obstacle ? json(part.assessment.obstacle->reason) : json()}});
  }
  for (const auto& refusal : plan.refusals) {
    object["refusals"].push_back({{"reason", refusal.reason}, {"hints", refusal.hints}});
  }
  if (report != nullptr) object["result"] = outcome_as_json(*report);
  return object;
}

json nothing_as_json(const std::vector<JudgedPoint>& points, const std::string& why) {
  json object{{"format", 1},
              {"rollback_points", json::array()},
              {"recommended_target", nullptr},
              {"recommended_point", nullptr},
              {"estimated_downtime", "0 ms"},
              {"data_loss_risk", "none"},
              {"affected_features", json::array()},
              {"already_live", why}};
  for (const auto& point : points) object["rollback_points"].push_back(point_as_json(point));
  return object;
}

json conflict_as_json(const Part::ConflictStanding& standing) {
  return {{"git_hash", standing.commit},
          {"subject", standing.subject},
          {"folder", standing.folder},
          {"unresolved", standing.unresolved}};
}

std::string dump(const json& object) {
  return object.dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace rollback
