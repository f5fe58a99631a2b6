#include "part/database/mysql/server/lock_wait.h"

#include <set>
#include <thread>

#include "os/error.h"

namespace rollback::mysql {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int tries_without_waiting = 5;
constexpr milliseconds short_pause{20};
constexpr milliseconds long_pause{500};  // so that those behind us get on

std::set<std::string> schemas_of(const std::vector<TableName>& tables) {
  std::set<std::string> schemas;
  for (const TableName& table : tables) schemas.insert(table.schema);
  return schemas;
}

// For a message: 'bot', or 'world.bot' where there are others of another schema.
std::string list_of(const std::vector<TableName>& tables) {
  const bool qualified = schemas_of(tables).size() > 1;
  std::string list;
  for (const TableName& name : tables) {
    list += (list.empty() ? "'" : ", '") + (qualified ? name.schema + "." : "") + name.table + "'";
  }
  return list;
}

// MySQL knows who holds which table.
std::string holders_query(const Session& session, const std::vector<TableName>& tables) {
  std::string list;
  for (const TableName& name : tables) {
    list += (list.empty() ? "(" : ", (") + literal(name.schema) + ", " + literal(name.table) + ")";
  }
  return "SELECT DISTINCT t.processlist_id, t.processlist_user, t.processlist_host,"
         " coalesce(timestampdiff(SECOND, x.trx_started, now()), t.processlist_time),"
         " coalesce(t.processlist_info, t.processlist_command)"
         " FROM performance_schema.metadata_locks AS m"
         " JOIN performance_schema.threads AS t ON t.thread_id = m.owner_thread_id"
         " LEFT JOIN information_schema.innodb_trx AS x ON x.trx_mysql_thread_id ="
         " t.processlist_id WHERE m.lock_status = 'GRANTED' AND m.object_type = 'TABLE'"
         " AND (m.object_schema, m.object_name) IN (" +
         list + ") AND t.processlist_id <> " + std::to_string(session.id()) +
         " ORDER BY 4 DESC LIMIT 5";
}

// MariaDB does not, but for a plugin: those with an open transaction may.
std::string transactions_query(const Session& session) {
  return "SELECT p.id, p.user, p.host, timestampdiff(SECOND, x.trx_started, now()),"
         " coalesce(p.info, p.command) FROM information_schema.innodb_trx AS x"
         " JOIN information_schema.processlist AS p ON p.id = x.trx_mysql_thread_id"
         " WHERE p.id <> " +
         std::to_string(session.id()) +
         " AND coalesce(p.state, '') NOT LIKE 'Waiting for table metadata lock'"
         " ORDER BY x.trx_started LIMIT 5";
}

// Statements that run now, such as LOCK TABLES' holders' and those without InnoDB.
std::string statements_query(const Session& session, const std::vector<TableName>& tables) {
  std::string schemas = "database()";
  for (const auto& schema : schemas_of(tables)) schemas += ", " + literal(schema);
  return "SELECT p.id, p.user, p.host, p.time, coalesce(p.info, p.command)"
         " FROM information_schema.processlist AS p WHERE p.db IN (" +
         schemas + ") AND p.id <> " + std::to_string(session.id()) +
         " AND p.command NOT IN ('Sleep', 'Daemon') AND p.state NOT LIKE 'Waiting for%lock'"
         " ORDER BY p.time DESC LIMIT 5";
}

std::string shown(const Row& row) {
  constexpr size_t longest = 60;
  std::string what = row[4].value_or("");
  if (what.size() > longest) what = what.substr(0, longest) + "…";
  return "session " + row[0].value_or("?") + " of '" + row[1].value_or("?") + "' on '" +
         row[2].value_or("?") + "', for " + row[3].value_or("?") + " s: " + what;
}

std::vector<std::string> blockers(Session& session, const std::vector<TableName>& tables) {
  std::vector<std::string> queries{transactions_query(session), statements_query(session, tables)};
  if (!session.flavour().mariadb && !tables.empty()) {
    queries.insert(queries.begin(), holders_query(session, tables));
  }
  bool denied = false;
  for (const auto& query : queries) {
    try {
      std::vector<std::string> found;
      for (const Row& row : session.rows(query)) found.push_back(shown(row));
      if (!found.empty()) return found;
    } catch (const ServerError& error) {
      if (error.is_lost_connection()) throw;
      denied = true;
    }
  }
  if (denied) return {"which session that is, this login may not see (it lacks PROCESS)"};
  return {"which session that is, the server does not say"};
}

[[noreturn]] void refuse(Session& session, const std::vector<TableName>& tables, seconds deadline) {
  std::vector<std::string> hints = blockers(session, tables);
  hints.emplace_back("run the command again when it has ended");
  throw Refused(std::string(tables.size() == 1 ? "table " : "one of the tables ") +
                    list_of(tables) + " is held by somebody else for more than " +
                    std::to_string(deadline.count()) + " s",
                hints);
}

}  // namespace

void trying_for_a_lock(Session& session, const std::vector<TableName>& tables, seconds deadline,
                       const Try& work) {
  const auto end = Clock::now() + deadline;
  for (int i = 0;; ++i) {
    try {
      return work(seconds(i < tries_without_waiting ? 0 : 1));
    } catch (const ServerError& error) {
      if (!error.is_lock_timeout()) throw;
    }
    const auto pause = i < tries_without_waiting ? short_pause : long_pause;
    if (Clock::now() + pause >= end) refuse(session, tables, deadline);
    std::this_thread::sleep_for(pause);
  }
}

void taking_a_lock(Session& session, const std::vector<std::string>& tables, seconds deadline,
                   const std::function<void()>& work) {
  std::vector<TableName> named;
  for (const auto& table : tables) named.push_back({session.schema(), table});
  try {
    trying_for_a_lock(session, named, deadline, [&](seconds wait) {
      session.set_lock_wait(wait);
      work();
    });
  } catch (const Error&) {
    session.set_lock_wait(default_deadline);
    throw;
  }
  session.set_lock_wait(default_deadline);
}

void refuse_for_a_lock(const Place& place) {
  Session session = open(place);
  std::vector<std::string> hints = blockers(session, {});
  hints.emplace_back("run the command again when it has ended");
  throw Refused("a table of database '" + place.schema +
                    "' is locked by somebody else for more than " +
                    std::to_string(default_deadline.count()) + " s",
                hints);
}

}  // namespace rollback::mysql
