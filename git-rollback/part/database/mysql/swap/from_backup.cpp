#include "part/database/mysql/swap/from_backup.h"

#include <algorithm>

#include "os/counted.h"
#include "os/error.h"
#include "os/fail_point.h"
#include "os/progress.h"
#include "part/database/mysql/backup/backup_table.h"
#include "part/database/mysql/catalogue/sql_text.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/rows/former.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/rows/rows.h"

namespace rollback::mysql {
namespace {

constexpr int writers_at_once = 2;

CreateTable shown(Session& session, const std::string& table) {
  const auto rows = session.rows("SHOW CREATE TABLE " + identifier(table));
  return parse_create_table(rows.at(0).at(1).value());
}

CreateTable bare(const Change& change, const std::string& point) {
  return parse_create_table(create_backup(*change.after, change.source, point));
}

// Word for word, with its quotes.
std::string comment_of(const CreateTable& create) {
  const std::string& options = create.options;
  const size_t at = find_word(options, "COMMENT=");
  if (at == options.size()) return "''";
  const size_t quote = options.find('\'', at);
  return options.substr(quote, end_of_quoted(options, quote) - quote);
}

std::vector<Element> only_in(const CreateTable& some, const CreateTable& others) {
  std::vector<Element> only;
  for (const Element& element : some.elements) {
    const auto& all = others.elements;
    const bool there = std::any_of(all.begin(), all.end(), [&](const Element& other) {
      return other.kind == element.kind && other.name == element.name;
    });
    if (!there) only.push_back(element);
  }
  return only;
}

std::string without_its_comment(std::string options) {
  const size_t at = find_word(options, "COMMENT=");
  if (at != options.size()) {
    options.erase(at, end_of_quoted(options, options.find('\'', at)) - at);
  }
  std::string words;
  for (const char c : options) {
    if (c != ' ' || !words.ends_with(' ')) words += c;
  }
  return std::string(trimmed(words));
}

void give_what_it_lacks(Session& session, const Change& change, const CreateTable& backup) {
  const CreateTable& all = change.after->create;
  std::string sql = "ALTER TABLE " + identifier(change.incoming) + " COMMENT=" + comment_of(all);
  for (const Element& element : only_in(all, backup)) sql += ", ADD " + element.sql;
  session.run(sql + ", ALGORITHM=INPLACE");
}

void take_what_it_got(Session& session, const Change& change, const CreateTable& backup) {
  std::string sql = "ALTER TABLE " + identifier(change.incoming) + " COMMENT=" + comment_of(backup);
  for (const Element& element : only_in(shown(session, change.incoming), backup)) {
    sql += ", DROP KEY " + identifier(element.name);
  }
  session.run(sql);
}

// For which both servers make the whole table anew.
bool has_check(const CreateTable& create) {
  return std::any_of(create.elements.begin(), create.elements.end(),
                     [](const Element& element) { return element.kind == Element::Kind::check; });
}

void drop(Session& session, const std::string& table) {
  session.run("DROP TABLE IF EXISTS " + identifier(table));
}

void rename(Session& session, const std::string& from, const std::string& to) {
  session.run("RENAME TABLE " + identifier(from) + " TO " + identifier(to));
}

std::string not_as_recorded(const Hashed& found, std::int64_t rows, const std::string& sha256) {
  if (found.rows == rows && found.sha256 == sha256) return {};
  return counted(found.rows, "row") + " are there, and " + std::to_string(rows) +
         " are expected with another hash";
}

// Of what is live, with what was written to it since.
void copy_live(const Place& place, const Change& change, const std::string& to) {
  Session reader = open(place);
  std::vector<Session> writers;
  for (int i = 0; i < writers_at_once; ++i) writers.push_back(open(place));
  const Transaction snapshot(reader, Transaction::Kind::snapshot);
  copy_rows(reader, writers, {.definition = *change.after, .from = change.after->name, .to = to});
}

// Or rebuilt; neither fires a trigger.
bool was_emptied(Session& session, const Change& change) {
  return !change.storage_after.empty() &&
         storage_of(session, change.incoming) != change.storage_after;
}

}  // namespace

bool can_go_live(Session& session, const Change& change, const std::string& point) {
  if (has_check(change.after->create)) return false;
  const CreateTable backup = bare(change, point);
  const CreateTable found = shown(session, change.source);
  if (found.elements != backup.elements ||
      without_its_comment(found.options) != without_its_comment(backup.options)) {
    return false;
  }
  bool can = false;
  drop(session, change.incoming);
  try {
    session.run(create_backup(*change.after, change.incoming, point));
    give_what_it_lacks(session, change, backup);
    const CreateTable made = shown(session, change.incoming);
    const CreateTable& all = change.after->create;
    can = made.elements == all.elements && made.options == all.options;
  } catch (const ServerError& error) {
    if (error.is_lost_connection()) throw;  // anything else is the server's no
  }
  drop(session, change.incoming);
  return can;
}

void take_backup(Session& session, const Change& change, const Backup& recorded,
                 const std::string& point) {
  const std::string wrong = not_as_recorded(hash_rows(session, *change.after, change.source),
                                            recorded.rows, recorded.sha256);
  if (!wrong.empty()) {
    throw Refused("the backup of table '" + change.table() + "', '" + change.source +
                  "', is not what the point recorded: " + wrong);
  }
  rename(session, change.source, change.incoming);
  fail_point("database prepare: backup taken");
  give_what_it_lacks(session, change, bare(change, point));
  fail_point("database prepare: backup complete");
}

void keep_former(Session& session, const Change& change) {
  keep_former(session, *change.after, change.incoming, change.former());
}

void restore_backup(Session& session, const Change& change) {
  if (!table_exists(session, change.former())) return;
  carries(session);
  give_former_back(session, *change.after, change.former(), change.incoming);
  // The rows are the point's, so that nothing is known of any other.
  for (const auto& log : {change.former(), change.after_log()}) {
    if (table_exists(session, log)) session.run("DELETE FROM " + identifier(log));
  }
}

std::optional<std::string> give_backup_back(Session& session, const Change& change,
                                            const Entry& entry) {
  // Else what is called so was only a trial.
  if (table_exists(session, change.source) || !table_exists(session, change.incoming)) return {};
  restore_backup(session, change);
  fail_point("database discard: backup restored");
  std::string wrong;
  if (was_emptied(session, change)) {
    wrong = not_as_recorded(hash_rows(session, *change.after, change.incoming), entry.rows,
                            entry.sha256);
  }
  // Of the live table, too: its triggers name these.
  stop_logs(session, {change.before_log(), change.former(), change.after_log()});
  take_what_it_got(session, change, bare(change, entry.point));
  rename(session, change.incoming, change.source);
  return wrong.empty() ? std::nullopt : std::optional(wrong);
}

std::optional<std::string> copy_backup_again(const Place& place, Session& session,
                                             const Change& change, const Entry& entry) try {
  if (table_exists(session, change.source)) return std::nullopt;
  const Work work("copying the backup again", Unit::rows,
                  2 * static_cast<std::uint64_t>(std::max<std::int64_t>(entry.rows, 0)));
  const std::string copy = change.copy();
  drop(session, copy);
  session.run(create_backup(*change.after, copy, entry.point));
  fail_point("database settle: copying");
  copy_live(place, change, copy);
  give_former_back(session, *change.after, change.former(), copy);
  fail_point("database settle: copied");
  const std::string wrong =
      not_as_recorded(hash_rows(session, *change.after, copy), entry.rows, entry.sha256);
  if (!wrong.empty()) {
    drop(session, copy);
    return wrong;
  }
  rename(session, copy, change.source);
  fail_point("database settle: backup made anew");
  return std::nullopt;
} catch (const ServerError& error) {
  if (!error.is_change_of_table()) throw;
  return error.what();
}

}  // namespace rollback::mysql
