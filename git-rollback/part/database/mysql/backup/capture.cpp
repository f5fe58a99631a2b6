#include "part/database/mysql/backup/capture.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

#include "os/bytes_in_words.h"
#include "os/counted.h"
#include "os/error.h"
#include "os/fail_point.h"
#include "os/progress.h"
#include "os/sha256.h"
#include "part/database/backup_scope.h"
#include "part/database/mysql/backup/backup_table.h"
#include "part/database/mysql/backup/copy_watch.h"
#include "part/database/mysql/backup/space.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/rows/rows.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/server/primary.h"
#include "part/database/mysql/server/replication.h"
#include "part/database/table_pattern.h"

namespace rollback::mysql {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int writers_at_once = 2;
constexpr auto wait_for_other_capture = "10";  // seconds: a killed one's statement may still run
constexpr auto wait_for_table_lock = std::chrono::seconds(10);

std::int64_t ms_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

void drop(Session& session, Registry& registry, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    drop_backup(session, entry.backup);
    registry.remove(entry);
  }
}

class Capture {
 public:
  Capture(const Place& place, const Occasion& occasion)
      : place_(place),
        occasion_(occasion),
        control_(open(place)),
        registry_(control_, place.component),
        watch_(place, control_) {}

  Engine::Captured run() {
    require_primary(control_);
    keep_others_out();
    clean_up();
    choose();
    require_space();
    try {
      back_up();
    } catch (...) {
      try_to_clean_up();
      throw;
    }
    return result();
  }

 private:
  // Two hosts may share the server. The lock ends with this session.
  void keep_others_out() {
    const std::string name =
        "git_rollback_" + sha256(place_.schema + "\n" + place_.component).substr(0, 32);
    if (control_.number("SELECT get_lock(" + literal(name) + ", " + wait_for_other_capture + ")") ==
        1) {
      return;
    }
    throw Refused("another backup of database '" + place_.schema + "' for component '" +
                      place_.component + "' is under way, by connection " +
                      control_.text("SELECT is_used_lock(" + literal(name) + ")"),
                  {"run the command again when it is done"});
  }

  // What an earlier capture left when it was killed.
  void clean_up() {
    const auto leftovers = registry_.incomplete();
    if (leftovers.empty()) return;
    fail_point("database capture: before clean-up");
    drop(control_, registry_, leftovers);
  }

  void try_to_clean_up() {
    try {
      drop(control_, registry_, registry_.incomplete());
    } catch (const std::exception&) {  // the connection is lost: the next capture does it
    }
  }

  void choose() {
    for (const Listed& listed : list_tables(control_)) {
      if (!is_in_set(place_.settings, listed.name)) continue;
      if (listed.type != "table") {
        say("'" + listed.name + "' of database '" + place_.schema + "' is no plain table (" +
            listed.type + "): it is not backed up, and stays as it is in a rollback");
        continue;
      }
      choose(listed.name);
    }
  }

  void choose(const std::string& table) {
    const auto definition = read_definition(control_, table);
    if (!definition) return;  // it went just now
    const BackupMode mode = backup_mode(place_.settings, occasion_, table,
                                        static_cast<std::int64_t>(definition->data_bytes));
    if (mode == BackupMode::none) {
      return say("table '" + table + "' of database '" + place_.schema +
                 "' is not backed up (backup: none): it cannot come back");
    }
    if (const auto why = why_not_movable(*definition)) throw Refused(*why);
    Entry entry;
    entry.point = occasion_.point;
    entry.table = table;
    entry.definition = *definition;
    entry.kind = mode == BackupMode::full ? BackupKind::copy : BackupKind::structure;
    entry.sha256 = hash_of_no_rows();
    if (definition->versioned && !keeps_history(*definition) && mode == BackupMode::full) {
      say("the history of table '" + table + "' of database '" + place_.schema +
          "' counts transactions, which cannot be written: its current rows alone are backed up");
    }
    entries_.push_back(std::move(entry));
    identities_[table] = identity_of(table);
  }

  void require_space() {
    for (const Entry& entry : entries_) {
      if (entry.kind == BackupKind::copy) {
        planned_bytes_ += static_cast<std::int64_t>(entry.definition.data_bytes);
      }
    }
    // What is written goes to the binlog as text, which is somewhat longer.
    const bool binlog = control_.number("SELECT @@global.log_bin") != 0;
    watch_.require_space_for(binlog ? planned_bytes_ * 5 / 2 : planned_bytes_);
  }

  void back_up() {
    announce();
    for (int i = 0; i < writers_at_once; ++i) writers_.push_back(open(place_));
    reader_.emplace(open(place_));
    const auto start = Clock::now();
    const Work work(what_is_done(), Unit::rows, rows_to_copy());
    lock_what_has_no_snapshot();
    const std::string position = position_of_snapshot(*reader_, [&] {
      snapshot_.reset();
      snapshot_.emplace(*reader_, Transaction::Kind::snapshot);
    });
    copy_what_is_locked();
    for (Entry& entry : entries_) {
      entry.position = position;
      if (!is_locked(entry)) copy_from_snapshot(entry);
    }
    fail_point("database capture: copied");
    took_ms_ = ms_since(start);
    complete();
    fail_point("database capture: complete");
  }

  void announce() {
    registry_.create();
    Transaction transaction(control_, Transaction::Kind::write);
    for (Entry& entry : entries_) {
      if (entry.kind == BackupKind::copy) {
        entry.backup = free_backup_name(control_, entry.table, occasion_.point);
      }
      registry_.put(entry);
    }
    transaction.commit();
    fail_point("database capture: announced");
    for (const Entry& entry : entries_) {
      if (entry.backup.empty()) continue;
      control_.run(create_backup(entry.definition, entry.backup, occasion_.point));
      fail_point("database capture: table");
    }
  }

  static bool is_locked(const Entry& entry) {
    return entry.kind == BackupKind::copy && !entry.definition.transactional;
  }

  void lock_what_has_no_snapshot() {
    std::string list;
    std::vector<std::string> tables;
    for (const Entry& entry : entries_) {
      if (!is_locked(entry)) continue;
      list += (list.empty() ? "LOCK TABLES " : ", ") + identifier(entry.table) + " READ";
      tables.push_back(entry.table);
    }
    if (tables.empty()) return;
    locker_.emplace(open(place_));
    taking_a_lock(*locker_, tables, wait_for_table_lock, [&] { locker_->run(list); });
    locked_since_ = Clock::now();
  }

  void copy_what_is_locked() {
    if (!locker_) return;
    std::string names;
    for (Entry& entry : entries_) {
      if (!is_locked(entry)) continue;
      copy(*locker_, entry, false);
      names += (names.empty() ? "'" : ", '") + entry.table + "'";
    }
    locker_->run("UNLOCK TABLES");
    say("tables without transactions of database '" + place_.schema + "' (" + names +
        "): who writes to them had to wait for " + std::to_string(ms_since(locked_since_)) + " ms");
  }

  // Between two tables nothing holds a lock on either of them, so that whoever
  // alters one does not wait for the whole backup, and all others behind him.
  void copy_from_snapshot(Entry& entry) {
    reader_->run("SAVEPOINT before_table");
    try {
      reader_->rows("SELECT 1 FROM " + identifier(entry.table) + " LIMIT 1");
      copy(*reader_, entry, true);
    } catch (const ServerError& error) {
      if (error.is_change_of_table()) refuse_changed(entry);
      throw;
    }
    reader_->run("ROLLBACK TO SAVEPOINT before_table");
  }

  void copy(Session& reader, Entry& entry, bool may_wait) {
    // The locked session can read nothing else, and nobody can change the table.
    const auto definition = read_definition(&reader == &*reader_ ? reader : control_, entry.table);
    if (!definition || !definition->same_structure(entry.definition)) refuse_changed(entry);
    // Another table of that name and structure would be read as of the snapshot.
    if (identity_of(entry.table) != identities_[entry.table]) refuse_changed(entry);
    entry.definition = *definition;
    if (entry.kind == BackupKind::structure) return;
    const auto start = Clock::now();
    const Hashed hashed = copy_rows(reader, writers_,
                                    {.definition = entry.definition,
                                     .from = entry.table,
                                     .to = entry.backup,
                                     .between = [&](const Hashed&) { watch_.look(may_wait); },
                                     .gives_way = [&] { return may_wait && watch_.is_busy(); }});
    entry.took_ms = ms_since(start);
    entry.rows = hashed.rows;
    entry.sha256 = hashed.sha256;
    bytes_ += hashed.bytes;
  }

  std::string identity_of(const std::string& table) {
    return storage_of(control_, table) + "/" +
           control_.text(
               "SELECT create_time FROM information_schema.tables WHERE table_schema ="
               " database() AND table_name = " +
               literal(table));
  }

  [[noreturn]] void refuse_changed(const Entry& entry) const {
    throw Refused("table '" + entry.table + "' of database '" + place_.schema +
                      "' was changed while its backup was made",
                  {"run the command again"});
  }

  void complete() {
    Transaction transaction(control_, Transaction::Kind::write);
    for (Entry& entry : entries_) {
      entry.complete = true;
      registry_.put(entry);
    }
    transaction.commit();
  }

  std::uint64_t rows_to_copy() const {
    std::uint64_t rows = 0;
    for (const Entry& entry : entries_) {
      if (entry.kind == BackupKind::copy) rows += rows_for_progress(entry.definition);
    }
    return rows;
  }

  // As fast as the last time, if there was one.
  std::string what_is_done() const {
    std::int64_t bytes = 0;
    std::int64_t ms = 0;
    for (const Entry& entry : registry_.all()) {
      bytes += entry.took_ms > 0 ? static_cast<std::int64_t>(entry.definition.data_bytes) : 0;
      ms += entry.took_ms;
    }
    std::string text = "backing up about " + bytes_in_words(planned_bytes_);
    if (bytes > 0) {
      const double seconds = static_cast<double>(planned_bytes_) * static_cast<double>(ms) /
                             static_cast<double>(bytes) / 1000;
      text += " in about " + counted(static_cast<std::int64_t>(seconds) + 1, "second");
    }
    return text;
  }

  Engine::Captured result() {
    Engine::Captured captured;
    std::int64_t rows = 0;
    std::int64_t copies = 0;
    std::string structures;
    for (const Entry& entry : entries_) {
      captured.backups.push_back(
          {place_.schema, entry.table, entry.backup, entry.rows, entry.sha256});
      rows += entry.rows;
      if (entry.kind == BackupKind::copy) {
        ++copies;
      } else {
        structures += (structures.empty() ? "'" : ", '") + entry.table + "'";
      }
    }
    captured.notices.push_back("backed up " + counted(copies, "table") + " of database '" +
                               place_.schema + "', " + counted(rows, "row") + ", about " +
                               bytes_in_words(bytes_) + ", in " + std::to_string(took_ms_) + " ms");
    if (!structures.empty()) {
      captured.notices.push_back("kept the structure alone, and no rows, of " + structures +
                                 " of database '" + place_.schema + "'");
    }
    for (const auto& list : {watch_.notices(), notices_}) {
      captured.notices.insert(captured.notices.end(), list.begin(), list.end());
    }
    return captured;
  }

  void say(const std::string& notice) { notices_.push_back(notice); }

  const Place& place_;
  const Occasion& occasion_;
  Session control_;  // the registry, and what changes tables
  Registry registry_;
  CopyWatch watch_;
  std::vector<Entry> entries_;
  std::map<std::string, std::string> identities_;  // of each table, as it was chosen
  std::vector<Session> writers_;
  std::optional<Session> reader_;
  std::optional<Transaction> snapshot_;  // of reader_
  std::optional<Session> locker_;
  Clock::time_point locked_since_;
  std::vector<std::string> notices_;
  std::int64_t planned_bytes_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t took_ms_ = 0;
};

}  // namespace

Engine::Captured capture(const Place& place, const Occasion& occasion) {
  return Capture(place, occasion).run();
}

void forget(const Place& place, const std::string& point) {
  Session session = open(place);
  Registry registry(session, place.component);
  std::vector<Entry> copies;
  for (const Entry& entry : registry.of_point(point)) {
    if (entry.kind != BackupKind::displaced) copies.push_back(entry);
  }
  drop(session, registry, copies);
}

}  // namespace rollback::mysql
