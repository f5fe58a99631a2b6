#include "part/database/mysql/doctor/check_rights.h"

#include <algorithm>
#include <map>

namespace rollback::mysql {
namespace {

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// For what a rollback can do without, but not as well.
Check note(std::string what, std::string mend) {
  return {Check::Level::ok, std::move(what), std::move(mend)};
}

bool is_on(Session& session, const std::string& variable) {
  const auto found = session.rows("SHOW GLOBAL VARIABLES LIKE " + literal(variable));
  return !found.empty() && found[0].at(1) == "ON";
}

std::vector<std::string> missing_of(const Rights& rights, const std::string& schema,
                                    const std::vector<std::string>& needed) {
  std::vector<std::string> missing;
  for (const auto& privilege : needed) {
    if (!rights.on(schema, privilege)) missing.push_back(privilege);
  }
  return missing;
}

std::string me(Session& session) { return session.text("SELECT current_user()"); }

// A trigger is taken for something that could harm a replica.
std::optional<Check> trust_in_triggers(Session& session, const Rights& rights) {
  if (!is_on(session, "log_bin") || is_on(session, "log_bin_trust_function_creators") ||
      rights.everywhere("SUPER")) {
    return std::nullopt;
  }
  return problem(
      "the server keeps a binary log and lets only SUPER make triggers, which a rollback needs to "
      "see what is written meanwhile",
      std::string(session.flavour().mariadb ? "SET GLOBAL" : "SET PERSIST") +
          " log_bin_trust_function_creators = 1");
}

std::string log_privilege(const Flavour& flavour) {
  return flavour.mariadb && flavour.version >= 100502 ? "BINLOG MONITOR" : "REPLICATION CLIENT";
}

void add_notes(Session& session, const Rights& rights, std::vector<Check>& checks) {
  const std::string log = log_privilege(session.flavour());
  if (is_on(session, "log_bin") && !rights.everywhere(log) && !rights.everywhere("SUPER")) {
    checks.push_back(note("without " + log + ", a point does not record where the binary log stood",
                          rights.grant_everywhere({log})));
  }
  if (!rights.everywhere("PROCESS")) {
    checks.push_back(
        note("without PROCESS, a table that could go back in place is copied, whoever holds one"
             " too long is not named, and to find out whether one was emptied, all its keys are"
             " compared",
             rights.grant_everywhere({"PROCESS"})));
  }
}

// Who may make triggers that run as somebody else; empty: SUPER alone.
std::string definer_privilege(const Flavour& flavour) {
  if (flavour.mariadb) return flavour.version >= 100502 ? "SET USER" : "SUPER";
  if (flavour.version >= 80200) return "SET_ANY_DEFINER";
  return flavour.version >= 80000 ? "SET_USER_ID" : "SUPER";
}

}  // namespace

std::vector<std::string> needed_privileges(const Flavour& flavour) {
  std::vector<std::string> needed{
      "SELECT", "INSERT", "UPDATE",  "DELETE",      "CREATE",
      "DROP",   "ALTER",  "TRIGGER", "LOCK TABLES", "CREATE TEMPORARY TABLES"};
  if (!flavour.mariadb) needed.emplace_back("REFERENCES");  // of a key's other table
  return needed;
}

std::vector<Check> check_rights(Session& session, const Rights& rights) {
  std::vector<Check> checks;
  // As the server spells it: it may fold names to lower case.
  const std::string schema = session.text("SELECT database()");
  const auto needed = needed_privileges(session.flavour());
  const auto missing = missing_of(rights, schema, needed);
  const std::string what = "'" + me(session) + "' ";
  if (missing.empty()) {
    checks.push_back(fine(what + "has what a rollback needs on database '" + schema + "'"));
  } else {
    checks.push_back(problem(what + "lacks " + list_of(missing) + " on database '" + schema + "'",
                             rights.grant_on(schema, missing)));
  }
  if (const auto refused = trust_in_triggers(session, rights)) checks.push_back(*refused);
  add_notes(session, rights, checks);
  return checks;
}

std::vector<Check> check_rights_for(Session& session, const Rights& rights,
                                    const std::vector<Definition>& tables) {
  std::vector<Check> checks;
  const std::string self = me(session);
  const std::string privilege = definer_privilege(session.flavour());
  const bool may_set = rights.everywhere(privilege) || rights.everywhere("SUPER");
  std::vector<std::string> names;
  for (const Definition& table : tables) {
    names.push_back(table.name);
    const auto other = std::find_if(table.triggers.begin(), table.triggers.end(),
                                    [&](const Trigger& one) { return one.definer != self; });
    if (may_set || other == table.triggers.end()) continue;
    checks.push_back(problem("trigger '" + other->name + "' of table '" + table.name +
                                 "' runs as '" + other->definer + "', and only a user with " +
                                 privilege + " may make it again",
                             rights.grant_everywhere({privilege})));
  }
  if (names.empty()) return checks;
  std::map<std::string, std::string> schemas;  // and a table there
  for (const OutsideKey& key : keys_from_outside(session, names)) {
    if (key.schema != session.schema()) schemas.emplace(key.schema, key.table);
  }
  for (const auto& [schema, table] : schemas) {
    // Its key is taken away and made again.
    const auto missing = missing_of(rights, schema, {"ALTER", "CREATE", "INSERT"});
    if (missing.empty()) continue;
    checks.push_back(problem("table '" + table + "' of database '" + schema +
                                 "' has a foreign key to a table that goes back, and '" + self +
                                 "' lacks " + list_of(missing) + " there",
                             rights.grant_on(schema, missing)));
  }
  return checks;
}

}  // namespace rollback::mysql
