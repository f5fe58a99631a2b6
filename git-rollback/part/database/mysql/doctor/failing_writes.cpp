#include "part/database/mysql/doctor/failing_writes.h"

#include <algorithm>
#include <boost/algorithm/string/join.hpp>
#include <map>
#include <optional>
#include <set>

#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/catalogue/sql_text.h"
#include "part/database/mysql/server/rights.h"
#include "store/names.h"

namespace rollback::mysql {
using boost::algorithm::join;
namespace {

using Words = std::vector<std::string>;

constexpr int no_such_account = 1141;

// Which tables an operation follows, by the login that its triggers run as.
struct Followed {
  std::string operation, definer;
  bool swapped = false;
  auto operator<=>(const Followed&) const = default;
};
using Tables = std::set<std::string>;  // empty: not known which

// "20261123T100000Z-4f2a91c" of the name of a log or of its trigger; else "".
std::string operation_in(std::string_view name) {
  if (!name.starts_with(names::table_prefix)) return {};
  name.remove_prefix(names::table_prefix.size());
  const std::string id(name.substr(0, name.find('_')));
  return names::time_of_id(id) ? id : "";
}

std::map<Followed, Tables> followed(Session& session, const std::string& self, bool sees_triggers) {
  std::map<Followed, Tables> found;
  if (!sees_triggers) {  // the logs of them, which are most likely ours
    for (const Listed& listed : list_tables(session)) {
      const std::string operation = operation_in(listed.name);
      if (!operation.empty()) found[{operation, self, false}];
    }
    return found;
  }
  for (const Row& row :
       session.rows("SELECT trigger_name, definer, event_object_table FROM"
                    " information_schema.triggers WHERE trigger_schema = database()")) {
    const std::string trigger = row.at(0).value_or("");
    const std::string operation = operation_in(trigger);
    const std::string table = row.at(2).value_or("");
    if (operation.empty() || names::is_table_of_ours(table)) continue;  // nobody writes to those
    const bool swapped = trigger.find("_after_") != std::string::npos;  // as in change.h
    found[{operation, row.at(1).value_or(""), swapped}].insert(table);
  }
  return found;
}

struct Account {
  bool gone = false;
  std::optional<Rights> rights;  // nothing: this login may not see them
};

Account look_at(Session& session, const std::string& definer, const std::string& self) {
  if (definer == self) return {.rights = read_rights(session)};
  try {
    return {.rights = read_rights(session, definer)};
  } catch (const ServerError& error) {
    return {.gone = error.code() == no_such_account, .rights = {}};
  }
}

std::string quoted(const Tables& tables) {
  std::string text;
  for (const auto& table : tables) text += (text.empty() ? "'" : ", '") + table + "'";
  return (tables.size() == 1 ? "table " : "tables ") + text;
}

// Of what such a trigger takes.
Words lost_of(const Rights& rights, const std::string& schema) {
  Words lost;
  for (const char* const privilege : {"SELECT", "INSERT", "TRIGGER"}) {
    if (!rights.on(schema, privilege)) lost.emplace_back(privilege);
  }
  return lost;
}

}  // namespace

std::vector<Check> failing_writes(const Place& place) {
  Session session = open(place);
  const std::string schema = session.text("SELECT database()");
  const std::string self = session.text("SELECT current_user()");
  const auto mine = lost_of(read_rights(session), schema);
  const bool sees_triggers = std::find(mine.begin(), mine.end(), "TRIGGER") == mine.end();
  std::vector<Check> checks;
  for (const auto& [one, tables] : followed(session, self, sees_triggers)) {
    const Account account = look_at(session, one.definer, self);
    const auto lost = account.rights ? lost_of(*account.rights, schema) : Words{};
    if (lost.empty() && !account.gone) continue;
    // Without an account, what made them can only be taken back.
    const std::string mend =
        account.gone ? "git rollback --abort" : account.rights->grant_on(schema, lost);
    checks.push_back(problem(
        "writes of the service to " + (tables.empty() ? "tables that go back" : quoted(tables)) +
            " of database '" + place.schema + "' fail now: the triggers of operation " +
            one.operation + " run as '" + one.definer + "', which " +
            (account.gone ? "is no account any more" : "has lost " + join(lost, ", ")),
        mend));
  }
  return checks;
}

Check writes_may_fail(const Place& place, const std::string& why) {
  return warn("database '" + place.schema + "': " + why +
                  "; where that login has lost its account or its privileges, the triggers of an"
                  " operation in flight fail each write of the service's to tables that go back",
              "let the login in again, then git rollback --abort");
}

}  // namespace rollback::mysql
