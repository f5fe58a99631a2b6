#include "part/database/mysql/swap/change.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "os/sha256.h"
#include "part/database/mysql/catalogue/foreign_key.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

constexpr int format_version = 1;

nlohmann::json to_json(const Change& change) {
  nlohmann::json json{{"choice", static_cast<int>(change.choice)},
                      {"ledger", change.ledger},
                      {"if_unwritten", change.if_unwritten},
                      {"rows_lost", change.rows_lost},
                      {"incoming", change.incoming},
                      {"displaced", change.displaced},
                      {"source", change.source},
                      {"storage", change.storage},
                      {"storage_after", change.storage_after},
                      {"aside", change.aside},
                      {"returning", change.returning},
                      {"id", change.id},
                      {"from_backup", change.from_backup}};
  if (change.before) json["before"] = to_json(*change.before);
  if (change.after) json["after"] = to_json(*change.after);
  if (change.in_place) {
    json["in_place"] = {{"there", change.in_place->there}, {"back", change.in_place->back}};
  }
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
  change.source = json.at("source");
  change.storage = json.at("storage");
  change.storage_after = json.value("storage_after", "");
  change.aside = json.at("aside");
  change.returning = json.value("returning", "");
  change.id = json.at("id");
  change.from_backup = json.value("from_backup", false);
  if (json.contains("in_place")) {
    const auto& way = json["in_place"];
    change.in_place = Alteration{way.at("there"), way.at("back")};
  }
  return change;
}

nlohmann::json to_json(const OutsideKey& outside) {
  return {{"schema", outside.schema},       {"table", outside.table}, {"name", outside.key.name},
          {"columns", outside.key.columns}, {"index", outside.index}, {"sql", outside.key.sql}};
}

OutsideKey outside_key_from(const nlohmann::json& json) {
  const Element element{.kind = Element::Kind::foreign_key,
                        .name = json.at("name"),
                        .sql = json.at("sql"),
                        .columns = json.at("columns")};
  return {json.at("schema"), json.at("table"), parse_foreign_key(element), json.at("index")};
}

}  // namespace

bool Plan::goes() const {
  return std::any_of(changes.begin(), changes.end(),
                     [](const Change& change) { return change.goes(); });
}

bool Plan::swaps() const {
  return std::any_of(changes.begin(), changes.end(),
                     [](const Change& change) { return change.swaps(); });
}

std::string Plan::held_table() const {
  // Another component's operation of that id may hold its own in the same database.
  const std::string whose = changes.empty() ? "" : sha256(changes.front().id).substr(0, 8);
  return names::incoming_table("zzzzzzzz" + whose, operation);
}

std::string to_text(const Plan& plan) {
  auto changes = nlohmann::json::array();
  for (const Change& change : plan.changes) changes.push_back(to_json(change));
  auto outside = nlohmann::json::array();
  for (const OutsideKey& key : plan.outside_keys) outside.push_back(to_json(key));
  const nlohmann::json json{{"format", format_version},    {"operation", plan.operation},
                            {"point", plan.point},         {"loss_limit", plan.loss_limit},
                            {"rows_lost", plan.rows_lost}, {"changes", changes},
                            {"outside_keys", outside}};
  return json.dump();
}

Plan plan_from(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  if (json.at("format").get<int>() != format_version) {
    throw Fatal("the operation was prepared by another version of this program");
  }
  Plan plan{
      json.at("operation"), json.at("point"), json.at("loss_limit"), json.at("rows_lost"), {}, {}};
  for (const auto& change : json.at("changes")) plan.changes.push_back(change_from(change));
  for (const auto& key : json.at("outside_keys")) {
    plan.outside_keys.push_back(outside_key_from(key));
  }
  return plan;
}

void refuse_written(const Change& change) {
  throw Refused("rows of table '" + change.table() + "' were written meanwhile",
                {"run the command again"});
}

void refuse_changed(const Change& change, const std::string& how) {
  throw Refused("table '" + change.table() + "' was " + how + " meanwhile",
                {"run the command again"});
}

std::string operation_prefix(const std::string& operation, const std::string& component) {
  constexpr size_t longest = 24;  // an operation's id
  const std::string id =
      operation.size() > longest ? sha256(operation).substr(0, longest) : operation;
  return std::string(names::table_prefix) + id + "_" + sha256(component).substr(0, 8) + "_";
}

}  // namespace rollback::mysql
