#include "part/database/mysql/doctor/check.h"

#include "os/bytes_in_words.h"
#include "os/counted.h"
#include "os/error.h"
#include "part/database/idle_pattern.h"
#include "part/database/mysql/backup/space.h"
#include "part/database/mysql/catalogue/check_names.h"
#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/catalogue/unregistered.h"
#include "part/database/mysql/doctor/check_rights.h"
#include "part/database/mysql/server/primary.h"
#include "part/database/table_pattern.h"

namespace rollback::mysql {
namespace {

constexpr int no_right_to_database = 1044;
constexpr int unknown_database = 1049;
constexpr std::int64_t smallest_packet = 4 << 20;

class Checkup {
 public:
  explicit Checkup(const Place& place)
      : place_(place),
        endpoint_(place.endpoint()),
        name_("database '" + place.schema + "'"),
        session_(endpoint_),
        rights_(read_rights(session_)) {}

  std::vector<Check> run(Depth depth) {
    server();
    add(check_rights(session_, rights_));
    try {
      tables();
      add(check_rights_for(session_, rights_, meant_));
      space();
      if (depth == Depth::thorough) damage();
    } catch (const ServerError& error) {
      if (!error.is_denied()) throw;  // what is missing stands there already
      checks_.push_back(problem(name_ + ": " + error.what()));
    }
    return checks_;
  }

 private:
  void add(const std::vector<Check>& more) {
    checks_.insert(checks_.end(), more.begin(), more.end());
  }

  std::string variable(const std::string& name) {
    const auto found = session_.rows("SHOW GLOBAL VARIABLES LIKE " + literal(name));
    return found.empty() ? "" : found[0].at(1).value_or("");
  }

  void server() {
    checks_.push_back(fine(name_ + " is served by " + session_.flavour().text));
    if (const auto why = why_not_primary(session_)) {
      checks_.push_back(problem("the server of " + name_ + " " + *why +
                                ": run git rollback on the primary, or with its url"));
    }
    if (variable("log_bin") == "ON" && variable("binlog_format") == "STATEMENT") {
      checks_.push_back(
          problem("the server's binary log is of statements, and takes no rows that "
                  "are copied without stopping writers",
                  "SET GLOBAL binlog_format = 'ROW'"));
    }
    if (variable("lower_case_table_names") != "0") {
      checks_.push_back(
          problem("the server folds names of tables to lower case "
                  "(lower_case_table_names), and backups would not be known again"));
    }
    const std::int64_t packet = session_.number("SELECT @@max_allowed_packet");
    if (packet < smallest_packet) {
      checks_.push_back(warn("rows of more than " + bytes_in_words(packet) +
                                 " cannot be backed up (max_allowed_packet)",
                             "SET GLOBAL max_allowed_packet = 67108864"));
    }
    encryption();
  }

  void encryption() {
    if (!endpoint_.socket.empty() || endpoint_.tls != Endpoint::Tls::off) return;
    if (endpoint_.host == "127.0.0.1" || endpoint_.host == "::1") return;
    const auto cipher = session_.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    if (!cipher.empty() && !cipher[0].at(1).value_or("").empty()) return;
    const std::string ssl = variable("have_ssl");
    const bool can = ssl.empty() || ssl == "YES";  // MySQL 9 does not say
    checks_.push_back(warn("the connection to '" + endpoint_.host + "' is not encrypted" +
                           (can ? ": add ?tls=on to the url" : ", and the server has no TLS")));
  }

  void tables() {
    const auto all = list_tables(session_);
    for (const IdlePattern& idle : idle_patterns(place_.settings, names_of(all))) {
      checks_.push_back(warn(idle.in_words(place_.schema), "SHOW TABLES"));
    }
    for (const Listed& listed : all) {
      if (!is_in_set(place_.settings, listed.name)) continue;
      if (listed.type != "table") {
        checks_.push_back(warn("'" + listed.name + "' of " + name_ + " is no plain table (" +
                               listed.type + "): it stays as it is in a rollback"));
      } else {
        table(listed.name);
      }
    }
    unknown(all);
    if (meant_.empty()) {
      checks_.push_back(
          warn("no table of " + name_ + " goes back: the patterns mean none", "SHOW TABLES"));
    } else {
      const auto count = static_cast<std::int64_t>(meant_.size());
      checks_.push_back(
          fine(name_ + ": " + counted(count, "table") + (count == 1 ? " goes back" : " go back")));
    }
  }

  void unknown(const std::vector<Listed>& all) {
    for (const Unregistered& one : unregistered(session_, place_, all)) {
      checks_.push_back(warn("'" + one.name + "' of " + name_ + " holds rows of '" + one.table +
                                 "' that no operation which is known here has displaced",
                             "git rollback salvage " + one.operation));
    }
  }

  void table(const std::string& table) try {
    const auto definition = read_definition(session_, table);
    if (!definition) return;
    meant_.push_back(*definition);
    const std::string what = "table '" + table + "' of " + name_;
    if (const auto why = why_not_movable(*definition)) {
      checks_.push_back(problem(name_ + ": " + *why));
    }
    if (const auto why = why_not_displaced(session_, *definition)) {
      checks_.push_back(problem(name_ + ": " + *why));
    }
    if (gets_check_names(session_, *definition)) {
      checks_.push_back(warn(what + " has a named CHECK: its writers wait while MySQL reads all "
                                    "of it after the swap, to give that its name again"));
    }
    if (definition->key().empty()) {
      checks_.push_back(warn(what + " has no primary key: its writers wait while all of it is "
                                    "copied at the swap"));
    }
    if (!definition->transactional) {
      checks_.push_back(warn(what + " is not transactional (" + definition->engine +
                                 "): its writers wait while it is backed up",
                             "ALTER TABLE " + identifier(table) + " ENGINE = InnoDB"));
    }
  } catch (const Refused& error) {
    checks_.push_back(problem(name_ + ": " + error.what()));
  }

  // A backup has the rows without secondary keys; a rollback builds them, too, and
  // the server logs both.
  void space() {
    const auto volume = volume_of(session_, endpoint_);
    if (!volume) return;
    std::int64_t data = 0, with_keys = 0;
    for (const Definition& one : meant_) {
      data += static_cast<std::int64_t>(one.data_bytes);
      with_keys += static_cast<std::int64_t>(one.data_bytes + one.index_bytes);
    }
    const std::int64_t free = volume->free_bytes;
    const std::string what = bytes_in_words(free) + " are free, and a backup of " + name_ +
                             " takes up to " + bytes_in_words(data);
    const std::string look = "df -h '" + session_.text("SELECT @@datadir") + "'";
    if (free < data) {
      checks_.push_back(problem(what, look));
    } else if (free < data + 2 * with_keys) {
      checks_.push_back(warn(what + ", a rollback about " + bytes_in_words(2 * with_keys), look));
    } else {
      checks_.push_back(fine(what));
    }
  }

  void damage() {
    for (const Definition& one : meant_) {
      for (const Row& row : session_.rows("CHECK TABLE " + identifier(one.name))) {
        const std::string kind = row.at(2).value_or("");
        if (kind != "error" && kind != "Error") continue;
        checks_.push_back(problem("table '" + one.name + "' of " + name_ +
                                  " is damaged: " + row.at(3).value_or("unknown error")));
        break;
      }
    }
  }

  const Place& place_;
  Endpoint endpoint_;
  std::string name_;
  Session session_;
  Rights rights_;
  std::vector<Definition> meant_;
  std::vector<Check> checks_;
};

// Of a login that is let in, but not into this database.
Check no_way_in(const Place& place) {
  Endpoint endpoint = place.endpoint();
  endpoint.database.clear();
  Session session(endpoint);
  return problem(
      "'" + session.text("SELECT current_user()") + "' may not use database '" + place.schema + "'",
      read_rights(session).grant_on(place.schema, needed_privileges(session.flavour())));
}

}  // namespace

std::vector<Check> check_database(const Place& place, Depth depth) try {
  return Checkup(place).run(depth);
} catch (const ServerError& error) {
  if (error.code() == no_right_to_database) return {no_way_in(place)};
  if (error.code() != unknown_database) throw;
  return {problem("the server has no database '" + place.schema + "'",
                  "CREATE DATABASE " + identifier(place.schema))};
}

}  // namespace rollback::mysql
