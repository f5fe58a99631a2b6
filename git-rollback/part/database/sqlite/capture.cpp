#include "part/database/sqlite/capture.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <chrono>

#include "os/bytes_in_words.h"
#include "os/counted.h"
#include "os/error.h"
#include "os/fail_point.h"
#include "os/progress.h"
#include "part/database/sqlite/definition.h"
#include "part/database/sqlite/projection.h"
#include "part/database/sqlite/registry.h"
#include "part/database/sqlite/rows.h"
#include "part/database/table_pattern.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

constexpr size_t stamp_size = 16;  // 20261123T100000Z

void drop(SQLite::Database& writer, Registry& registry, const std::vector<Entry>& entries) {
  Transaction transaction(writer, Transaction::Kind::write);
  for (const Entry& entry : entries) {
    if (names::is_table_of_ours(entry.backup)) {
      writer.exec("DROP TABLE IF EXISTS " + identifier(entry.backup));
    }
    registry.remove(entry);
  }
  transaction.commit();
}

class Capture {
 public:
  Capture(const Location& location, const std::string& component, const DatabaseSettings& settings,
          const std::string& point)
      : location_(location),
        settings_(settings),
        point_(point),
        writer_(open(location, Access::write)),
        registry_(*writer_, component) {}

  Engine::Captured run() {
    clean_up();
    return is_wal(*writer_) ? in_turns() : at_once();
  }

 private:
  // What an earlier capture left when it was killed.
  void clean_up() {
    const auto leftovers = registry_.incomplete();
    if (leftovers.empty()) return;
    fail_point("database capture: before clean-up");
    drop(*writer_, registry_, leftovers);
  }

  Engine::Captured in_turns() {
    Transaction start(*writer_, Transaction::Kind::write);
    announce();
    start.commit();
    fail_point("database capture: announced");
    const Connection reader = open(location_, Access::read);
    Transaction snapshot(*reader, Transaction::Kind::snapshot);
    const Work work("backing up tables", Unit::rows, rows_to_copy(*reader));
    for (Entry& entry : entries_) {
      // Somebody may have changed it since it was announced.
      const auto definition = read_definition(*reader, entry.table);
      if (!definition || !definition->same_structure(entry.definition)) {
        throw Refused("table '" + entry.table + "' of database '" + location_.schema +
                          "' was changed while its backup began",
                      {"run the command again"});
      }
      entry.definition = *definition;
      copy(*reader, entry);
    }
    fail_point("database capture: copied");
    Transaction end(*writer_, Transaction::Kind::write);
    complete();
    end.commit();
    fail_point("database capture: complete");
    return result();
  }

  Engine::Captured at_once() {
    const auto start = std::chrono::steady_clock::now();
    Transaction transaction(*writer_, Transaction::Kind::write);
    announce();
    const Work work("backing up tables", Unit::rows, rows_to_copy(*writer_));
    for (Entry& entry : entries_) copy(*writer_, entry);
    complete();
    fail_point("database capture: copied");
    transaction.commit();
    fail_point("database capture: complete");
    const auto held = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    Engine::Captured captured = result();
    captured.notices.push_back("database '" + location_.schema +
                               "' is not in WAL mode, so its writers had to wait for " +
                               std::to_string(held.count()) + " ms");
    return captured;
  }

  void announce() {
    registry_.create();
    for (const Listed& listed : list_tables(*writer_)) {
      if (!is_in_set(settings_, listed.name)) continue;
      if (listed.type != "table") {
        notices_.push_back("'" + listed.name + "' of database '" + location_.schema +
                           "' is no plain table (" + listed.type +
                           "): it is not backed up, and stays as it is in a rollback");
        continue;
      }
      const auto definition = read_definition(*writer_, listed.name);
      if (!definition->without_rowid && definition->rowid.empty()) {
        throw Refused("table '" + listed.name + "' hides its rowid behind columns of that name");
      }
      Entry entry{point_,
                  definition->name,
                  free_name(definition->name),
                  BackupKind::copy,
                  *definition,
                  0,
                  "",
                  false};
      writer_->exec(create_copy(entry.definition, entry.backup));
      registry_.put(entry);
      entries_.push_back(std::move(entry));
    }
  }

  std::string free_name(const std::string& table) {
    const std::string stamp = point_.substr(0, stamp_size);
    std::string name = names::backup_table(table, stamp);
    for (int i = 2; table_exists(*writer_, name); ++i) {
      name = names::backup_table(table, stamp + "_" + std::to_string(i));
    }
    return name;
  }

  std::uint64_t rows_to_copy(SQLite::Database& reader) const {
    std::uint64_t rows = 0;
    for (const Entry& entry : entries_) {
      if (table_exists(reader, entry.table)) rows += rows_for_progress(reader, entry.table);
    }
    return rows;
  }

  void copy(SQLite::Database& reader, Entry& entry) {
    const Hashed hashed = copy_rows(reader, *writer_,
                                    {select_for_copy(entry.definition, entry.table),
                                     insert_into_copy(entry.definition, entry.backup), 1});
    entry.rows = hashed.rows;
    entry.sha256 = hashed.sha256;
    bytes_ += hashed.bytes;
  }

  void complete() {
    for (Entry& entry : entries_) {
      entry.complete = true;
      registry_.put(entry);
    }
  }

  Engine::Captured result() {
    Engine::Captured captured{{}, notices_};
    std::int64_t rows = 0;
    for (const Entry& entry : entries_) {
      captured.backups.push_back(
          {location_.schema, entry.table, entry.backup, entry.rows, entry.sha256});
      rows += entry.rows;
    }
    captured.notices.insert(captured.notices.begin(),
                            "backed up " +
                                counted(static_cast<std::int64_t>(entries_.size()), "table") +
                                " of database '" + location_.schema + "', " + counted(rows, "row") +
                                ", about " + bytes_in_words(bytes_));
    return captured;
  }

  Location location_;
  const DatabaseSettings& settings_;
  std::string point_;
  Connection writer_;
  Registry registry_;
  std::vector<Entry> entries_;
  std::vector<std::string> notices_;
  std::int64_t bytes_ = 0;
};

}  // namespace

Engine::Captured capture(const Location& location, const std::string& component,
                         const DatabaseSettings& settings, const std::string& point) {
  return Capture(location, component, settings, point).run();
}

void forget(const Location& location, const std::string& component, const std::string& point) {
  const Connection writer = open(location, Access::write);
  Registry registry(*writer, component);
  std::vector<Entry> copies;
  for (const Entry& entry : registry.of_point(point)) {
    if (entry.kind == BackupKind::copy) copies.push_back(entry);
  }
  if (!copies.empty()) drop(*writer, registry, copies);
}

}  // namespace rollback::sqlite
