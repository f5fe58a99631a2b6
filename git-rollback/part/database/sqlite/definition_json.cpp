#include <nlohmann/json.hpp>

#include "part/database/sqlite/definition.h"

namespace rollback::sqlite {
namespace {

nlohmann::json to_json(const std::vector<Named>& objects) {
  auto list = nlohmann::json::array();
  for (const auto& object : objects) list.push_back({{"name", object.name}, {"sql", object.sql}});
  return list;
}

std::vector<Named> named_from(const nlohmann::json& list) {
  std::vector<Named> objects;
  for (const auto& item : list) objects.push_back({item.at("name"), item.at("sql")});
  return objects;
}

nlohmann::json to_json(const Column& column) {
  nlohmann::json json{
      {"name", column.name},         {"type", column.type}, {"collation", column.collation},
      {"not_null", column.not_null}, {"key", column.key},   {"generated", column.generated}};
  if (column.fallback) json["default"] = *column.fallback;
  return json;
}

Column column_from(const nlohmann::json& json) {
  Column column{json.at("name"), json.at("type"), json.at("collation"), {}};
  if (json.contains("default")) column.fallback = json["default"].get<std::string>();
  column.not_null = json.at("not_null");
  column.key = json.at("key");
  column.generated = json.at("generated");
  return column;
}

}  // namespace

nlohmann::json to_json(const Definition& definition) {
  auto columns = nlohmann::json::array();
  for (const auto& column : definition.columns) columns.push_back(to_json(column));
  nlohmann::json json{{"name", definition.name},
                      {"sql", definition.sql},
                      {"indexes", to_json(definition.indexes)},
                      {"triggers", to_json(definition.triggers)},
                      {"columns", columns},
                      {"without_rowid", definition.without_rowid},
                      {"other_unique", definition.other_unique},
                      {"rowid", definition.rowid},
                      {"rowid_column", definition.rowid_column},
                      {"statistics", definition.statistics}};
  if (definition.sequence) json["sequence"] = *definition.sequence;
  return json;
}

Definition definition_from(const nlohmann::json& json) {
  Definition definition;
  definition.name = json.at("name");
  definition.sql = json.at("sql");
  definition.indexes = named_from(json.at("indexes"));
  definition.triggers = named_from(json.at("triggers"));
  for (const auto& column : json.at("columns")) definition.columns.push_back(column_from(column));
  definition.without_rowid = json.at("without_rowid");
  definition.other_unique = json.at("other_unique");
  definition.rowid = json.at("rowid");
  definition.rowid_column = json.at("rowid_column");
  definition.statistics = json.at("statistics");
  if (json.contains("sequence")) definition.sequence = json["sequence"].get<std::int64_t>();
  return definition;
}

}  // namespace rollback::sqlite
