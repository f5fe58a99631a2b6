#include <nlohmann/json.hpp>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {
namespace {

nlohmann::json to_json(const Column& column) {
  nlohmann::json json{{"name", column.name},
                      {"type", column.type},
                      {"full_type", column.full_type},
                      {"charset", column.charset},
                      {"collation", column.collation},
                      {"nullable", column.nullable},
                      {"generated", column.generated},
                      {"invisible", column.invisible},
                      {"auto_increment", column.auto_increment}};
  if (column.fallback) json["default"] = *column.fallback;
  return json;
}

Column column_from(const nlohmann::json& json) {
  Column column{.name = json.at("name"),
                .type = json.at("type"),
                .full_type = json.at("full_type"),
                .charset = json.at("charset"),
                .collation = json.at("collation"),
                .fallback = {},
                .nullable = json.at("nullable"),
                .generated = json.at("generated"),
                .invisible = json.at("invisible"),
                .auto_increment = json.at("auto_increment")};
  if (json.contains("default")) column.fallback = json["default"].get<std::string>();
  return column;
}

nlohmann::json to_json(const Trigger& trigger) {
  return {{"name", trigger.name},       {"timing", trigger.timing},
          {"event", trigger.event},     {"body", trigger.body},
          {"definer", trigger.definer}, {"sql_mode", trigger.sql_mode},
          {"charset", trigger.charset}, {"collation", trigger.collation}};
}

Trigger trigger_from(const nlohmann::json& json) {
  return {.name = json.at("name"),
          .timing = json.at("timing"),
          .event = json.at("event"),
          .body = json.at("body"),
          .definer = json.at("definer"),
          .sql_mode = json.at("sql_mode"),
          .charset = json.at("charset"),
          .collation = json.at("collation")};
}

}  // namespace

nlohmann::json to_json(const Definition& definition) {
  auto columns = nlohmann::json::array();
  for (const auto& column : definition.columns) columns.push_back(to_json(column));
  auto triggers = nlohmann::json::array();
  for (const auto& trigger : definition.triggers) triggers.push_back(to_json(trigger));
  nlohmann::json json{{"name", definition.name},
                      {"sql", to_sql(definition.create, definition.create.name)},
                      {"columns", columns},
                      {"triggers", triggers},
                      {"engine", definition.engine},
                      {"transactional", definition.transactional},
                      {"versioned", definition.versioned},
                      {"partitioned", definition.partitioned}};
  if (definition.counter) json["auto_increment"] = *definition.counter;
  return json;
}

Definition definition_from(const nlohmann::json& json) {
  Definition definition;
  definition.name = json.at("name");
  definition.create = parse_create_table(json.at("sql").get<std::string>());
  for (const auto& column : json.at("columns")) definition.columns.push_back(column_from(column));
  for (const auto& trigger : json.at("triggers")) {
    definition.triggers.push_back(trigger_from(trigger));
  }
  for (const Element& element : definition.create.elements) {
    if (element.kind == Element::Kind::foreign_key) {
      definition.foreign_keys.push_back(parse_foreign_key(element));
    }
  }
  definition.engine = json.at("engine");
  definition.transactional = json.at("transactional");
  definition.versioned = json.at("versioned");
  definition.partitioned = json.at("partitioned");
  if (json.contains("auto_increment")) {
    definition.counter = json["auto_increment"].get<std::uint64_t>();
  }
  return definition;
}

}  // namespace rollback::mysql
