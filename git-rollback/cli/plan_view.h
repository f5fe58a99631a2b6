// A plan and its outcome, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/point_view.h"
#include "plan/plan.h"
#include "session/rollback.h"

namespace rollback {

std::string plan_for_people(const Plan& plan, const Judgement& target);

// The object of DESIGN §4; `report` is null for a plan that did not run.
nlohmann::json plan_as_json(const Plan& plan, const std::vector<JudgedPoint>& points,
                            const RollbackReport* report);

// The same object where what was asked for is live already.
nlohmann::json nothing_as_json(const std::vector<JudgedPoint>& points, const std::string& why);

// A conflict that a person resolves: commit, subject, folder, unresolved paths.
nlohmann::json conflict_as_json(const Part::ConflictStanding& standing);

// JSON as it is printed: UTF-8 made valid, indented, with a newline.
std::string dump(const nlohmann::json& object);

}  // namespace rollback
