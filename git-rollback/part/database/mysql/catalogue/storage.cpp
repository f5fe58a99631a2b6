#include "part/database/mysql/catalogue/storage.h"

#include <algorithm>
#include <cctype>

namespace rollback::mysql {
namespace {

bool is_plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

}  // namespace

std::optional<std::string> innodb_name(const std::string& schema, const std::string& table) {
  if (!is_plain(schema) || !is_plain(table)) return std::nullopt;
  return schema + "/" + table;
}

std::string storage_of(Session& session, const std::string& table) {
  return storages_of(session, {table})[table];
}

std::map<std::string, std::string> storages_of(Session& session,
                                               const std::vector<std::string>& tables) {
  std::map<std::string, std::string> storages;
  std::string conditions;
  for (const auto& table : tables) {
    const auto name = innodb_name(session.schema(), table);
    if (!name) continue;
    const std::string partition = *name + "#P#";
    conditions += (conditions.empty() ? "name = " : " OR name = ") + literal(*name) +
                  " OR left(name, " + std::to_string(partition.size()) +
                  ") = " + literal(partition);
  }
  if (conditions.empty()) return storages;
  try {
    for (const Row& row :
         session.rows("SELECT CAST(substring_index(substr(name, " +
                      std::to_string(session.schema().size() + 2) +
                      "), '#', 1) AS BINARY) AS called, group_concat(table_id ORDER BY table_id)"
                      " FROM information_schema." +
                      (session.flavour().mariadb ? "innodb_sys_tables" : "innodb_tables") +
                      " WHERE " + conditions + " GROUP BY called")) {
      if (row[1]) storages[row[0].value_or("")] = *row[1];
    }
  } catch (const ServerError& error) {
    if (!error.is_denied()) throw;
  }
  return storages;
}

}  // namespace rollback::mysql
