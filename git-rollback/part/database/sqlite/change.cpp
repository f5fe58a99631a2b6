#include "part/database/sqlite/change.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

constexpr int format_version = 1;

nlohmann::json to_json(const Change& change) {
  nlohmann::json json{{"choice", static_cast<int>(change.choice)},
                      {"ledger", change.ledger},
                      {"if_unwritten", change.if_unwritten},
                      {"rows_lost", change.rows_lost},
                      {"incoming", change.incoming},
                      {"displaced", change.displaced},
                      {"source", {{"table", change.source.table}, {"copy", change.source.copy}}},
                      {"id", change.id}};
  if (change.before) json["before"] = to_json(*change.before);
  if (change.after) json["after"] = to_json(*change.after);
  return json;
}

Change change_from(const nlohmann::json& json) {
  Change change;
  change.choice = static_cast<Choice>(json.at("choice").get<int>());
  change.ledger = json.at("ledger");
  change.if_unwritten = json.at("if_unwritten");
  change.rows_lost = json.at("rows_lost");
  if (json.contains("before")) change.before = definition_from(json["before"]);
  if (json.contains("after")) change.after = definition_from(json["after"]);
  change.incoming = json.at("incoming");
  change.displaced = json.at("displaced");
  change.source = {json.at("source").at("table"), json.at("source").at("copy")};
  change.id = json.at("id");
  return change;
}

}  // namespace

bool Plan::swaps() const {
  return std::any_of(changes.begin(), changes.end(),
                     [](const Change& change) { return change.swaps(); });
}

std::string to_text(const Plan& plan) {
  auto changes = nlohmann::json::array();
  for (const Change& change : plan.changes) changes.push_back(to_json(change));
  const nlohmann::json json{{"format", format_version},    {"operation", plan.operation},
                            {"point", plan.point},         {"loss_limit", plan.loss_limit},
                            {"rows_lost", plan.rows_lost}, {"changes", changes}};
  // Identifiers need not be UTF-8, but then they could not be journalled.
  return json.dump();
}

Plan plan_from(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  if (json.at("format").get<int>() != format_version) {
    throw Fatal("the operation was prepared by another version of this program");
  }
  Plan plan{
      json.at("operation"), json.at("point"), json.at("loss_limit"), json.at("rows_lost"), {}};
  for (const auto& change : json.at("changes")) plan.changes.push_back(change_from(change));
  return plan;
}

std::string operation_prefix(const std::string& operation, const std::string& component) {
  return std::string(names::table_prefix) + operation + "/" + component + "/";
}

}  // namespace rollback::sqlite
