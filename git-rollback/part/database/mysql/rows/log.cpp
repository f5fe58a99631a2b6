#include "part/database/mysql/rows/log.h"

#include <chrono>
#include <iterator>
#include <thread>

#include "part/database/mysql/server/lock_wait.h"

namespace rollback::mysql {
namespace {

constexpr std::chrono::milliseconds surely_come_by{500};

struct Event {
  const char* suffix;
  const char* words;
};
constexpr Event events[]{{"_i", "INSERT"}, {"_u", "UPDATE"}, {"_d", "DELETE"}};

std::string key_type(const Column& column) {
  std::string type = column.full_type;
  if (!column.charset.empty()) {
    type += " CHARACTER SET " + column.charset + " COLLATE " + column.collation;
  }
  return type + " NULL";
}

std::string create_log(const Definition& definition, const std::string& log) {
  std::string columns = "seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY";
  const auto key = definition.key();
  for (size_t i = 0; i < key.size(); ++i) {
    columns += ", k" + std::to_string(i + 1) + " " + key_type(*definition.column(key[i]));
  }
  // A row that stays although its transaction is rolled back must stay noted, too.
  return "CREATE TABLE IF NOT EXISTS " + identifier(log) + " (" + columns +
         ") ENGINE=" + (definition.transactional ? "InnoDB" : "MyISAM");
}

// For the list of tables that the server makes for a statement; never carried out.
std::string named(const std::vector<std::string>& logs) {
  std::string text;
  for (const std::string& log : logs) {
    text += (text.empty() ? "ELSEIF FALSE THEN " : "") + ("INSERT INTO " + identifier(log)) +
            " () VALUES (); ";
  }
  return text;
}

std::string note(const std::vector<std::string>& key, const std::string& log, const char* row) {
  std::string values;
  for (const auto& column : key) {
    values += (values.empty() ? "" : ", ") + std::string(row) + "." + identifier(column);
  }
  return "INSERT INTO " + identifier(log) + " (" + log_columns(key) + ") VALUES (" + values + "); ";
}

std::string note_of(const Event& event, const std::vector<std::string>& key,
                    const std::string& log) {
  const std::string what = event.words;
  if (what != "UPDATE") return note(key, log, what == "INSERT" ? "NEW" : "OLD");
  if (key.empty()) return note(key, log, "NEW");
  std::string same;
  for (const auto& column : key) {
    same += (same.empty() ? "" : " AND ") + ("OLD." + identifier(column)) + " <=> NEW." +
            identifier(column);
  }
  return note(key, log, "NEW") + "IF NOT (" + same + ") THEN " + note(key, log, "OLD") + "END IF; ";
}

// A statement that waits keeps the list of tables that it was made with. It can be of a
// session that uses another database.
void let_come_by(Session& session) {
  const auto deadline = std::chrono::steady_clock::now() + default_deadline;
  do {
    std::this_thread::sleep_for(surely_come_by);
  } while (std::chrono::steady_clock::now() < deadline &&
           session.number("SELECT count(*) FROM information_schema.processlist WHERE"
                          " state LIKE 'Waiting for%lock'") > 0);
}

// Whether there was one.
bool drop_triggers(Session& session, const std::string& log) {
  bool any = false;
  for (const Event& event : events) {
    const std::string name = log + event.suffix;
    const std::string table = session.text(
        "SELECT event_object_table FROM information_schema.triggers"
        " WHERE trigger_schema = database() AND trigger_name = " +
        literal(name));
    if (table.empty()) continue;
    any = true;
    taking_a_lock(session, {table}, default_deadline,
                  [&] { session.run("DROP TRIGGER IF EXISTS " + identifier(name)); });
  }
  return any;
}

}  // namespace

std::string log_columns(const std::vector<std::string>& key, const std::string& alias) {
  std::string list;
  for (size_t i = 1; i <= key.size(); ++i) {
    list += (i == 1 ? "" : ", ") + (alias.empty() ? "" : alias + ".") + "k" + std::to_string(i);
  }
  return list;
}

std::string same_logged_key(const std::vector<std::string>& key, const std::string& row,
                            const std::string& log) {
  std::string terms;
  for (size_t i = 0; i < key.size(); ++i) {
    terms += (i == 0 ? "" : " AND ") + row + "." + identifier(key[i]) + " = " + log + ".k" +
             std::to_string(i + 1);
  }
  return terms;
}

void make_log(Session& session, const Definition& definition, const std::string& log) {
  session.run(create_log(definition, log));
}

void start_log(Session& session, const Definition& definition, const std::string& table,
               const std::string& log, const std::vector<std::string>& others) {
  make_log(session, definition, log);
  const auto key = definition.key();
  for (const Event& event : events) {
    const std::string name = identifier(log + event.suffix);
    taking_a_lock(session, {table}, default_deadline, [&] {
      session.run("DROP TRIGGER IF EXISTS " + name);
      session.run("CREATE TRIGGER " + name + " AFTER " + event.words + " ON " + identifier(table) +
                  " FOR EACH ROW BEGIN IF @git_rollback_carries IS NULL THEN " +
                  note_of(event, key, log) + named(others) + "END IF; END");
    });
  }
}

void stop_logs(Session& session, const std::vector<std::string>& logs) {
  bool noted = false;
  for (const std::string& log : logs) noted = drop_triggers(session, log) || noted;
  if (noted) let_come_by(session);
  for (const std::string& log : logs) session.run("DROP TABLE IF EXISTS " + identifier(log));
}

void leave_unused(Session& session, const std::vector<std::string>& tables) {
  if (!session.flavour().mariadb || tables.empty()) return;
  session.set_lock_wait(std::chrono::seconds(1));
  for (const std::string& table : tables) {
    try {
      session.run("DELETE FROM " + identifier(table) + " WHERE FALSE");
    } catch (const ServerError& error) {
      if (error.is_lost_connection()) throw;  // else it is for the next time
    }
  }
  session.set_lock_wait(default_deadline);
}

bool is_logged(Session& session, const std::string& log) {
  return table_exists(session, log) &&
         session.number("SELECT EXISTS (SELECT 1 FROM " + identifier(log) + ")") != 0;
}

bool is_followed(Session& session, const std::string& table, const std::string& log) {
  std::string names;
  for (const Event& event : events) {
    names += (names.empty() ? "" : ", ") + literal(log + event.suffix);
  }
  return table_exists(session, log) &&
         session.number(
             "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema ="
             " database() AND event_object_table = " +
             literal(table) + " AND trigger_name IN (" + names + ")") ==
             static_cast<std::int64_t>(std::size(events));
}

std::int64_t count_logged(Session& session, const Definition& definition, const std::string& log) {
  const auto key = definition.key();
  if (key.empty()) return is_logged(session, log) ? 1 : 0;
  return session.number("SELECT count(*) FROM (SELECT DISTINCT " + log_columns(key) + " FROM " +
                        identifier(log) + ") AS d");
}

void note_of_no_row(Session& session, const std::string& log) {
  session.run("INSERT INTO " + identifier(log) + " () VALUES ()");
}

bool has_note_of_no_row(Session& session, const std::string& log) {
  return session.number("SELECT EXISTS (SELECT 1 FROM " + identifier(log) + " WHERE k1 IS NULL)") !=
         0;
}

void carries(Session& session) { session.run("SET @git_rollback_carries = 1"); }

}  // namespace rollback::mysql
