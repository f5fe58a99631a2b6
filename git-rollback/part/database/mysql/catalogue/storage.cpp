#include "part/database/mysql/catalogue/storage.h"

#include <algorithm>
#include <cctype>

namespace rollback::mysql {
namespace {

// InnoDB writes the others in an alphabet of its own.
bool is_plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

}  // namespace

std::string storage_of(Session& session, const std::string& table) {
  if (!is_plain(session.schema()) || !is_plain(table)) return {};
  const std::string name = session.schema() + "/" + table;
  const std::string partition = name + "#P#";
  try {
    return session.text(
        "SELECT group_concat(table_id ORDER BY table_id) FROM information_schema." +
        std::string(session.flavour().mariadb ? "innodb_sys_tables" : "innodb_tables") +
        " WHERE name = " + literal(name) + " OR left(name, " + std::to_string(partition.size()) +
        ") = " + literal(partition));
  } catch (const ServerError& error) {
    if (!error.is_denied()) throw;
    return {};
  }
}

}  // namespace rollback::mysql
