#include "part/database/mysql/catalogue/storage.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace rollback::mysql {
namespace {

bool is_plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

// As InnoDB writes it: "player@002dbots". MySQL does not say how; a name with other
// letters than ASCII's is not found there.
std::string encoded(Session& session, const std::string& name) {
  if (is_plain(name)) return name;
  if (session.flavour().mariadb) {
    return session.text("SELECT CAST(CONVERT(" + literal(name) + " USING filename) AS BINARY)");
  }
  std::string text;
  for (const char c : name) {
    std::array<char, 6> code{};
    (void)std::snprintf(code.data(), code.size(), "@%04x", static_cast<unsigned char>(c));
    text += is_plain({c}) ? std::string(1, c) : code.data();
  }
  return text;
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
  const std::string schema = encoded(session, session.schema());
  std::map<std::string, std::string> called;  // by what InnoDB calls them
  for (const auto& table : tables) {
    const std::string base = encoded(session, table);
    called[base] = table;
    const std::string name = schema + "/" + base;
    const std::string partition = name + "#P#";
    conditions += (conditions.empty() ? "name = " : " OR name = ") + literal(name) +
                  " OR left(name, " + std::to_string(partition.size()) +
                  ") = " + literal(partition);
  }
  if (conditions.empty()) return storages;
  try {
    for (const Row& row : session.rows(
             "SELECT CAST(substring_index(substr(name, " + std::to_string(schema.size() + 2) +
             "), '#', 1) AS BINARY) AS called, group_concat(table_id ORDER BY table_id)"
             " FROM information_schema." +
             (session.flavour().mariadb ? "innodb_sys_tables" : "innodb_tables") + " WHERE " +
             conditions + " GROUP BY called")) {
      const auto table = called.find(row[0].value_or(""));
      if (row[1] && table != called.end()) storages[table->second] = *row[1];
    }
  } catch (const ServerError& error) {
    if (!error.is_denied()) throw;
  }
  return storages;
}

}  // namespace rollback::mysql
