#include "cli/point_view.h"

#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "cli/terminal.h"

namespace rollback {
namespace {

Colour colour_of(Verdict verdict) {
  if (verdict == Verdict::stable) return Colour::good;
  return verdict == Verdict::failed ? Colour::bad : Colour::plain;
}

}  // namespace

std::vector<JudgedPoint> judged_points(const Session& session, const Standing& standing,
                                       int limit) {
  const int min_score = session.configuration ? session.configuration->min_score : 80;
  std::vector<JudgedPoint> judged;
  for (auto& point : standing.index.points(session.repository.environment, limit)) {
    Judgement judgement = standing.judge_point(point, min_score);
    judged.push_back({std::move(point), std::move(judgement)});
  }
  return judged;
}

std::string parts_in_words(const Point& point) {
  std::string text;
  for (const auto& [component, kinds] : point.parts) {
    text += (text.empty() ? "" : " ") + component;
    if (kinds.size() == all_kinds.size()) continue;
    std::string parts;
    for (const Kind kind : kinds) parts += (parts.empty() ? "/" : ",") + std::string(name_of(kind));
    text += parts;
  }
  return text;
}

std::string list_for_people(const std::vector<JudgedPoint>& points, const Standing& standing) {
  Table table;
  const Time reference = now();
  for (const auto& [point, judgement] : points) {
    table.row({point.id, to_words(point.at, reference),
               std::string(name_of(judgement.verdict)) +
                   (judgement.because.empty() ? "" : " (" + printable(judgement.because) + ")"),
               printable(point.version), printable(parts_in_words(point)),
               point.id == standing.live.parent ? "<- previous" : ""},
              colour_of(judgement.verdict));
  }
  return table.text();
}

std::string parts_for_scripts(const Point& point) {
  std::string text;
  for (const auto& [component, kinds] : point.parts) {
    for (const Kind kind : kinds) {
      text += (text.empty() ? "" : ",") + part_name(component, kind);
    }
  }
  return text;
}

std::string list_for_scripts(const std::vector<JudgedPoint>& points, bool nul) {
  Porcelain porcelain(nul);
  for (const auto& [point, judgement] : points) {
    porcelain.line({point.id, to_rfc3339_seconds(point.at), std::string(name_of(judgement.verdict)),
                    judgement.score ? std::to_string(*judgement.score) : "", point.commit,
                    point.parent, point.deploy, parts_for_scripts(point)},
                   point.version);
  }
  return porcelain.text();
}

nlohmann::json point_as_json(const JudgedPoint& judged) {
  const Point& point = judged.point;
  nlohmann::json components = nlohmann::json::array();
  std::set<Kind> kinds;
  for (const auto& [component, its] : point.parts) kinds.insert(its.begin(), its.end());
  for (const Kind kind : kinds) components.push_back(json_name_of(kind));
  return {{"timestamp", to_rfc3339_seconds(point.at)},
          {"version", point.version.empty() ? nlohmann::json() : nlohmann::json(point.version)},
          {"git_hash", point.commit},
          {"health_score",
           judged.judgement.score ? nlohmann::json(*judged.judgement.score) : nlohmann::json()},
          {"components", components},
          {"point", point.id},
          {"verdict", name_of(judged.judgement.verdict)},
          {"parent", point.parent.empty() ? nlohmann::json() : nlohmann::json(point.parent)},
          {"deploy", point.deploy.empty() ? nlohmann::json() : nlohmann::json(point.deploy)}};
}

}  // namespace rollback
