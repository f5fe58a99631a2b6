#include "part/database/mysql/procedures/procedures.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "os/error.h"
#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/procedures/procedure_text.h"
#include "part/database/mysql/server/claim.h"
#include "part/database/mysql/server/rights.h"
#include "part/database/table_pattern.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

constexpr const char* comment_begins = "made by git rollback install-procedures";
constexpr const char* obstacle_name = "git_rollback_obstacle";
constexpr const char* any_operation = "20000101T000000Z-0000000";
constexpr size_t stamp_size = 24;  // in the name of a table

using Words = std::map<std::string, std::string>;

std::string run(const std::string& expression) {
  return "SET @git_rollback_sql = " + expression +
         ";\n    PREPARE git_rollback FROM @git_rollback_sql;\n    EXECUTE git_rollback;\n"
         "    DEALLOCATE PREPARE git_rollback;";
}

// Braces with anything else in them, such as those of a regular expression, stay.
std::string filled_in(const std::string& text, const Words& words) {
  const std::string run_word = "{run: ";
  std::string filled;
  for (size_t at = 0; at < text.size();) {
    if (text.compare(at, run_word.size(), run_word) == 0) {
      const size_t end = text.find('}', at);
      filled += run(text.substr(at + run_word.size(), end - at - run_word.size()));
      at = end + 1;
      continue;
    }
    const auto word = std::find_if(words.begin(), words.end(), [&](const auto& one) {
      return text.compare(at, one.first.size(), one.first) == 0;
    });
    filled += word == words.end() ? text.substr(at, 1) : word->second;
    at += word == words.end() ? 1 : word->first.size();
  }
  return filled;
}

std::string without_stamp(const std::string& name) {
  return literal(name.substr(0, name.size() - stamp_size));
}

std::string lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

Procedure make_procedure(const Place& place, const std::string& table, const std::string& name) {
  const Words words{
      {"{name}", identifier(name)},
      {"{comment}", literal(comment_begins + std::string(": brings '") + table + "' back")},
      {"{obstacle}", obstacle_name},
      {"{table}", literal(table)},
      {"{component}", literal(place.component)},
      {"{lock}", literal(claim_name(place.schema))},
      {"{incoming}", without_stamp(names::incoming_table(table, any_operation))},
      {"{displaced}", without_stamp(names::displaced_table(table, any_operation))}};
  return {table, name, filled_in(rollback_procedure, words)};
}

void require_ours(Session& session, const std::string& name) {
  const auto found = session.rows(
      "SELECT routine_comment FROM information_schema.routines WHERE routine_schema = database()"
      " AND routine_type = 'PROCEDURE' AND routine_name = " +
      literal(name));
  if (found.empty() || found[0][0].value_or("").starts_with(comment_begins)) return;
  throw Refused(
      "procedure '" + name + "' of database '" + session.schema() + "' is not made by git rollback",
      {"take it away or give it another name: DROP PROCEDURE " + identifier(name)});
}

void require_rights(Session& session) {
  const Rights rights = read_rights(session);
  std::vector<std::string> missing;
  for (const auto* const privilege : {"CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE"}) {
    if (!rights.on(session.schema(), privilege)) missing.emplace_back(privilege);
  }
  if (missing.empty()) return;
  throw Refused("'" + session.text("SELECT current_user()") +
                    "' may not make procedures in database '" + session.schema() + "'",
                {rights.grant_on(session.schema(), missing)});
}

}  // namespace

std::vector<Procedure> make_procedures(const Place& place, Session& session) {
  std::vector<Procedure> procedures{
      {"", obstacle_name,
       filled_in(obstacle_procedure,
                 {{"{name}", obstacle_name}, {"{comment}", literal(comment_begins)}})}};
  std::set<std::string> taken;  // names of procedures are the same in either case
  for (const Listed& listed : list_tables(session)) {
    if (listed.type != "table" || !is_meant(place.settings.tables, listed.name)) continue;
    if (is_meant(place.settings.sessions, listed.name)) continue;  // whose rows stay
    if (is_meant(place.settings.ledger, listed.name)) continue;    // goes with the structure
    std::string name = names::procedure(listed.name);
    if (!taken.insert(lower(name)).second) name = names::procedure(listed.name, true);
    procedures.push_back(make_procedure(place, listed.name, name));
  }
  return procedures;
}

void install(const Place& place, Session& session, const std::vector<Procedure>& procedures) {
  require_rights(session);
  for (const Procedure& procedure : procedures) require_ours(session, procedure.name);
  const auto ours = claim(place);
  Registry(session, place.component).create();  // which they read
  for (const Procedure& procedure : procedures) {
    session.run("DROP PROCEDURE IF EXISTS " + identifier(procedure.name));
    session.run(procedure.sql);
  }
}

void clean_up_after_calls(const Place& place) {
  Session session = open(place);
  Registry registry(session, place.component);
  for (const Entry& entry : registry.of_calls()) {
    if (table_exists(session, entry.backup)) {  // so it has displaced nothing
      session.run("DROP TABLE " + identifier(entry.backup));
      for (const Entry& planned : registry.of_point(entry.point)) {
        if (planned.kind == BackupKind::displaced) registry.remove(planned);
      }
      registry.remove_operation(entry.point);
    }
    registry.remove(entry);
  }
}

}  // namespace rollback::mysql
