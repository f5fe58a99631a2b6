#include "part/database/mysql/server/primary.h"

#include <algorithm>
#include <array>

#include "os/error.h"

namespace rollback::mysql {
namespace {

bool is_on(Session& session, const std::string& variable) {
  const auto found = session.rows("SHOW GLOBAL VARIABLES LIKE " + literal(variable));
  if (found.empty() || found[0].size() < 2) return false;
  const std::string word = found[0][1].value_or("");
  return !word.empty() && word != "OFF" && word != "0";
}

std::vector<Row> replication(Session& session) {
  const bool old = !session.flavour().mariadb && session.flavour().version < 80022;
  try {
    return session.rows(session.flavour().mariadb ? "SHOW ALL SLAVES STATUS"
                        : old                     ? "SHOW SLAVE STATUS"
                                                  : "SHOW REPLICA STATUS");
  } catch (const ServerError& error) {
    if (!error.is_denied()) throw;
    return {};
  }
}

// Its host stands in the second column, or on MariaDB in the fourth, behind those
// of the connection's name.
std::optional<std::string> source_of(Session& session) {
  const size_t host = session.flavour().mariadb ? 3 : 1;
  for (const Row& row : replication(session)) {
    if (row.size() <= host + 2 || !row[host] || row[host]->empty()) continue;
    return *row[host] + ":" + row[host + 2].value_or("");
  }
  return std::nullopt;
}

bool replicates(Session& session) {
  const auto running = session.rows("SHOW GLOBAL STATUS LIKE 'Slaves_running'");
  return !running.empty() && running[0].size() == 2 && running[0][1] != "0";
}

}  // namespace

std::optional<std::string> why_not_primary(Session& session) {
  if (const auto source = source_of(session)) return "is a replica of '" + *source + "'";
  if (replicates(session)) return "is a replica";
  for (const auto* const variable : {"read_only", "super_read_only", "innodb_read_only"}) {
    if (is_on(session, variable)) return std::string("takes no writes: ") + variable + " is on";
  }
  return std::nullopt;
}

void require_primary(Session& session) {
  if (const auto why = why_not_primary(session)) {
    throw Refused("the server of database '" + session.schema() + "' " + *why,
                  {"run git rollback on the primary, or with its url"});
  }
}

}  // namespace rollback::mysql
