#include "part/database/mysql/catalogue/triggers.h"

#include "part/database/mysql/server/lock_wait.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

void drop_triggers(Session& session, const std::string& table) {
  const auto rows = session.rows(
      "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = database()"
      " AND event_object_table = " +
      literal(table));
  for (const Row& row : rows) {
    const std::string name = row.at(0).value();
    if (!names::is_table_of_ours(name)) session.run("DROP TRIGGER IF EXISTS " + identifier(name));
  }
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// A statement is read in the session's character set, which the trigger keeps.
std::string in_charset(Session& session, const std::string& sql, const std::string& charset) {
  if (charset.starts_with("utf8")) return sql;
  return from_hex(session.text("SELECT hex(CONVERT(" + literal(sql) + " USING " + charset + "))"));
}

void create_trigger(Session& session, const Trigger& trigger, const std::string& table) {
  const std::string sql = in_charset(session, to_sql(trigger, table), trigger.charset);
  const std::string mode = session.text("SELECT @@sql_mode");
  const auto back = [&] {
    session.run("SET NAMES utf8mb4");
    session.run("SET SESSION sql_mode = " + literal(mode));
  };
  session.run("SET SESSION sql_mode = " + literal(trigger.sql_mode));
  session.run("SET character_set_client = " + trigger.charset +
              ", collation_connection = " + trigger.collation);
  try {
    session.run(sql);
  } catch (const ServerError&) {
    back();
    throw;
  }
  back();
}

}  // namespace

void move_triggers(Session& session, const std::string& from, const std::string& to,
                   const std::vector<Trigger>& wanted) {
  if (!from.empty()) drop_triggers(session, from);
  if (to.empty()) return;
  drop_triggers(session, to);
  for (const Trigger& trigger : wanted) create_trigger(session, trigger, to);
}

void complete_triggers(Session& session, const Wanted& wanted) {
  std::vector<std::string> tables;
  for (const Definition* const definition : wanted.live) {
    const auto found = read_definition(session, definition->name);
    if (found && found->triggers != definition->triggers) tables.push_back(definition->name);
  }
  if (tables.empty()) return;
  taking_a_lock(session, tables, default_deadline, [&] {
    for (const auto& table : wanted.idle) drop_triggers(session, table);
    for (const Definition* const definition : wanted.live) {
      move_triggers(session, "", definition->name, definition->triggers);
    }
  });
}

}  // namespace rollback::mysql
