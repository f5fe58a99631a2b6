#include "plan/plan_text.h"

#include <nlohmann/json.hpp>

#include "os/error.h"
#include "store/trailers.h"

namespace rollback {
namespace {

using nlohmann::json;

// JSON is UTF-8, and what a path or a release is called need not be.
std::string decoded(const std::string& text) { return percent_decode(text).value_or(text); }

json from_live(const LiveRecord& live) {
  std::map<std::string, std::string> releases;
  for (const auto& [component, name] : live.releases) releases[component] = percent_encode(name);
  return {{"commit", live.commit}, {"parent", live.parent}, {"deploy", live.deploy},
          {"releases", releases},  {"id", live.id},         {"host", live.host}};
}

LiveRecord live_from(const json& object) {
  LiveRecord live;
  live.commit = object.at("commit");
  live.parent = object.at("parent");
  live.deploy = object.at("deploy");
  live.releases = object.at("releases").get<std::map<std::string, std::string>>();
  for (auto& [component, name] : live.releases) name = decoded(name);
  live.id = object.at("id");
  live.host = object.at("host");
  return live;
}

json as_json(const PartPlan& part) {
  json object{{"component", part.component},
              {"kind", name_of(part.kind)},
              {"fate", static_cast<int>(part.fate)}};
  if (part.fate == Fate::left_out && part.assessment.obstacle) {
    const Obstacle& obstacle = *part.assessment.obstacle;
    object["obstacle"] = {{"reason", obstacle.reason}, {"hints", obstacle.hints}};
    if (obstacle.out_of_reach) object["obstacle"]["out_of_reach"] = true;
  }
  if (!part.given_up.empty()) object["given_up"] = part.given_up;
  return object;
}

PartPlan part_from(const json& object) {
  PartPlan part;
  part.component = object.at("component");
  part.kind = kind_of(object.at("kind").get<std::string>()).value_or(Kind::code);
  part.fate = static_cast<Fate>(object.at("fate").get<int>());
  if (const auto found = object.find("obstacle"); found != object.end()) {
    part.assessment.obstacle = Obstacle{.reason = found->at("reason"),
                                        .hints = found->at("hints").get<std::vector<std::string>>(),
                                        .out_of_reach = found->value("out_of_reach", false)};
  }
  part.given_up = object.value("given_up", "");
  return part;
}

}  // namespace

std::string to_text(const PreparedPlan& prepared) {
  const Plan& plan = prepared.plan;
  json parts = json::array();
  for (const auto& part : plan.parts) {
    const auto found = prepared.prepared.find(part.name());
    parts.push_back(as_json(part));
    parts.back()["prepared"] = found == prepared.prepared.end() ? "" : found->second;
  }
  return json{{"format", 1},
              {"operation", plan.operation},
              {"environment", plan.environment},
              {"git_dir", percent_encode(plan.git_dir)},
              {"work_tree", percent_encode(plan.work_tree)},
              {"reason", plan.reason},
              {"intended", prepared.intended ? json(to_rfc3339(*prepared.intended)) : json()},
              {"problem", prepared.problem},
              {"waiting", prepared.waiting},
              {"undoes", plan.undoes},
              {"started", to_rfc3339(plan.started)},
              {"target",
               {{"message", format_point_message(plan.target)},
                {"commit", plan.target.commit},
                {"at", to_rfc3339(plan.target.at)}}},
              {"live", from_live(plan.live)},
              {"components", plan.components},
              {"complete", plan.complete},
              {"rows_lost", plan.rows_lost ? json(*plan.rows_lost) : json()},
              {"parts", parts}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

PreparedPlan prepared_plan_from(const std::string& text) try {
  const json object = json::parse(text);
  if (object.at("format") != 1) {
    throw Fatal("the operation in the journal was written by a newer git-rollback",
                {"upgrade git-rollback on this machine"});
  }
  PreparedPlan prepared;
  Plan& plan = prepared.plan;
  plan.operation = object.at("operation");
  plan.environment = object.at("environment");
  plan.git_dir = decoded(object.value("git_dir", "-"));
  plan.work_tree = decoded(object.value("work_tree", "-"));
  plan.reason = object.at("reason");
  if (const auto found = object.find("intended"); found != object.end() && found->is_string()) {
    prepared.intended = from_rfc3339(found->get<std::string>());
  }
  prepared.problem = object.value("problem", "");
  prepared.waiting = object.value("waiting", "");
  plan.undoes = object.at("undoes");
  plan.started = from_rfc3339(object.at("started").get<std::string>()).value_or(Time{});
  plan.target = parse_point_message(object.at("target").at("message").get<std::string>());
  plan.target.commit = object.at("target").at("commit");
  plan.target.at = from_rfc3339(object.at("target").at("at").get<std::string>()).value_or(Time{});
  plan.live = live_from(object.at("live"));
  plan.components = object.at("components").get<std::vector<std::string>>();
  plan.complete = object.at("complete");
  plan.rows_lost.reset();
  if (!object.at("rows_lost").is_null()) plan.rows_lost = object.at("rows_lost");
  for (const auto& entry : object.at("parts")) {
    PartPlan part = part_from(entry);
    prepared.prepared[part.name()] = entry.at("prepared");
    plan.parts.push_back(std::move(part));
  }
  return prepared;
} catch (const json::exception& error) {
  throw Fatal(std::string("the operation in the journal cannot be read: ") + error.what());
}

}  // namespace rollback
