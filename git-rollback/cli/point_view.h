// Points for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "health/verdict.h"
#include "session/standing.h"

namespace rollback {

struct JudgedPoint {
  Point point;
  Judgement judgement;
};

std::vector<JudgedPoint> judged_points(const Session& session, const Standing& standing, int limit);

// "playerbot", or "playerbot/code,config" where it is not all four.
std::string parts_in_words(const Point& point);

std::string list_for_people(const std::vector<JudgedPoint>& points, const Standing& standing);
// A line each: id, time, verdict, score, commit, parent, deploy, parts, version.
std::string list_for_scripts(const std::vector<JudgedPoint>& points, bool nul);
// "playerbot/code,playerbot/config", as --component takes it.
std::string parts_for_scripts(const Point& point);
nlohmann::json point_as_json(const JudgedPoint& judged);  // an entry of rollback_points

}  // namespace rollback
