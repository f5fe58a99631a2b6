#include "part/database/mysql/rows/former.h"

#include <algorithm>

#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/server/lock_wait.h"

namespace rollback::mysql {
namespace {

// Of rows that were there; those that came since have another reason.
constexpr const char* was_there = "git_rollback_reason = ''";

std::string list_of(const std::vector<std::string>& columns, const std::string& before = "") {
  std::string list;
  for (const auto& name : columns) list += (list.empty() ? "" : ", ") + before + identifier(name);
  return list;
}

// The first that is noted of a row stays.
std::string note(const std::string& former, const char* reason,
                 const std::vector<std::string>& columns, const char* row) {
  return "INSERT IGNORE INTO " + identifier(former) + " (git_rollback_reason, " + list_of(columns) +
         ") VALUES (" + literal(reason) + ", " + list_of(columns, std::string(row) + ".") + "); ";
}

std::string body(const char* event, const Definition& definition, const std::string& former) {
  const std::string came = note(former, "it is new", definition.key(), "NEW");
  const std::string was = note(former, "", definition.stored(), "OLD");
  const std::string what = event;
  if (what == "INSERT") return came;
  return what == "DELETE" ? was : was + came;
}

}  // namespace

bool can_keep_former(const Definition& definition) {
  return definition.transactional && !definition.versioned && !definition.key().empty() &&
         definition.foreign_keys.empty();
}

void make_former(Session& session, const Definition& definition, const std::string& former) {
  if (table_exists(session, former)) return;
  make_aside(session, definition, former);
  session.run("ALTER TABLE " + identifier(former) + " ADD PRIMARY KEY (" +
              list_of(definition.key()) + ")");
}

void keep_former(Session& session, const Definition& definition, const std::string& table,
                 const std::string& former) {
  make_former(session, definition, former);
  for (const char* const event : {"INSERT", "UPDATE", "DELETE"}) {
    const std::string suffix{'_', static_cast<char>(event[0] - 'A' + 'a')};
    const std::string name = identifier(former + suffix);
    taking_a_lock(session, {table}, default_deadline, [&] {
      session.run("DROP TRIGGER IF EXISTS " + name);
      session.run("CREATE TRIGGER " + name + " AFTER " + event + " ON " + identifier(table) +
                  " FOR EACH ROW BEGIN IF @git_rollback_carries IS NULL THEN " +
                  body(event, definition, former) + "END IF; END");
    });
  }
}

void give_former_back(Session& session, const Definition& definition, const std::string& former,
                      const std::string& table) {
  const std::string target = identifier(table);
  const std::string kept = identifier(former);
  const std::string columns = list_of(definition.stored());
  Transaction transaction(session, Transaction::Kind::write);
  session.run("DELETE " + target + " FROM " + target + " JOIN " + kept + " ON " +
              same_key(definition.key(), target, kept));
  session.run("INSERT INTO " + target + " (" + columns + ") SELECT " + columns + " FROM " + kept +
              " WHERE " + was_there);
  transaction.commit();
}

}  // namespace rollback::mysql
