#include "part/database/mysql/server/replication.h"

#include <algorithm>

namespace rollback::mysql {
namespace {

constexpr int tries_for_a_quiet_moment = 10;

std::string status(Session& session, const std::string& name) {
  const auto rows = session.rows("SHOW STATUS LIKE " + literal(name));
  return rows.empty() || rows[0].size() < 2 ? "" : rows[0][1].value_or("");
}

std::string position_in_mariadb(Session& session) try {
  const std::string file = status(session, "binlog_snapshot_file");
  if (file.empty()) return "";
  const std::string offset = status(session, "binlog_snapshot_position");
  const std::string gtid =
      session.text("SELECT binlog_gtid_pos(" + literal(file) + ", " + offset + ")");
  return gtid.empty() ? file + ":" + offset : "gtid:" + gtid;
} catch (const ServerError& error) {
  if (error.is_denied()) return "";
  throw;
}

std::string current_in_mysql(Session& session) try {
  std::string gtid = session.text("SELECT @@global.gtid_executed");
  gtid.erase(std::remove(gtid.begin(), gtid.end(), '\n'), gtid.end());
  if (!gtid.empty()) return "gtid:" + gtid;
  const auto rows = session.rows(session.flavour().version >= 80200 ? "SHOW BINARY LOG STATUS"
                                                                    : "SHOW MASTER STATUS");
  if (rows.empty() || rows[0].size() < 2) return "";
  return rows[0][0].value_or("") + ":" + rows[0][1].value_or("");
} catch (const ServerError& error) {
  if (error.is_denied()) return "";
  throw;
}

}  // namespace

Replicas replicas_of(Session& session) {
  Replicas replicas;
  const auto rows = session.rows(
      "SELECT coalesce(state, '') FROM information_schema.processlist"
      " WHERE command LIKE 'Binlog Dump%'");
  for (const Row& row : rows) {
    ++replicas.connected;
    // "Master has sent all binlog to slave", "Source has sent all binlog to replica".
    if (row[0]->find("has sent all") == std::string::npos) ++replicas.behind;
  }
  return replicas;
}

std::string position_of_snapshot(Session& session, const std::function<void()>& open) {
  if (session.number("SELECT @@global.log_bin") == 0) {
    open();
    return "";
  }
  if (session.flavour().mariadb) {
    open();
    return position_in_mariadb(session);
  }
  std::string before;
  for (int i = 0; i < tries_for_a_quiet_moment; ++i) {
    before = current_in_mysql(session);
    open();
    if (current_in_mysql(session) == before) return before;
  }
  return before.empty() ? "" : "after " + before;
}

}  // namespace rollback::mysql
