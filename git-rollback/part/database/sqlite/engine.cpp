#include "part/database/sqlite/engine.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <boost/filesystem/operations.hpp>
#include <type_traits>

#include "os/counted.h"
#include "os/error.h"
#include "os/fail_point.h"
#include "os/notice.h"
#include "os/progress.h"
#include "os/sha256.h"
#include "part/database/sqlite/capture.h"
#include "part/database/sqlite/change.h"
#include "part/database/sqlite/check.h"
#include "part/database/sqlite/connection.h"
#include "part/database/sqlite/prepare.h"
#include "part/database/sqlite/projection.h"
#include "part/database/sqlite/registry.h"
#include "part/database/sqlite/rows.h"
#include "part/database/sqlite/salvage.h"
#include "part/database/sqlite/swap.h"
#include "part/database/sqlite/upkeep.h"

namespace rollback {
namespace {

namespace fs = boost::filesystem;

sqlite::Location locate(const std::string& url, const fs::path& base) {
  std::string path = url.substr(std::string("sqlite:").size());
  if (path.starts_with("//")) path = path.substr(2);  // sqlite:///srv/world.db
  if (path.empty() || path.find('\0') != std::string::npos) {
    throw Usage("database url '" + url + "' names no file", {"write it as sqlite:PATH"});
  }
  return {fs::path(path).is_absolute() ? fs::path(path) : base / path, path};
}

// The displaced table as the registry describes it: as it was when it was live.
sqlite::Entry describe(SQLite::Database& db, const sqlite::Change& change,
                       const std::string& point) {
  sqlite::Entry entry{point, change.table(), "",  sqlite::BackupKind::structure, *change.before,
                      0,     sha256(""),     true};
  if (!change.swaps()) return entry;
  entry.backup = change.displaced;
  entry.kind = sqlite::BackupKind::displaced;
  const Work work("hashing rows", Unit::rows, sqlite::rows_for_progress(db, change.displaced));
  const auto hashed =
      sqlite::hash_rows(db, sqlite::select_rows(*change.before, {change.displaced, false}));
  entry.rows = hashed.rows;
  entry.sha256 = hashed.sha256;
  if (const auto displaced = sqlite::read_definition(db, change.displaced)) {
    entry.definition.sequence = displaced->sequence;
  }
  return entry;
}

class SqliteEngine : public Engine {
 public:
  SqliteEngine(std::string component, DatabaseSettings settings, const fs::path& base)
      : component_(std::move(component)),
        settings_(std::move(settings)),
        location_(locate(settings_.url, base)) {}

  const DatabaseSettings& settings() const override { return settings_; }
  const std::string& schema() const override { return location_.schema; }

  bool present() override {
    boost::system::error_code ignored;
    return fs::is_regular_file(location_.file, ignored);
  }

  Captured capture(const Occasion& occasion) override {
    return guarded([&] {
      end_given_up();
      return sqlite::capture(location_, component_, settings_, occasion.point);
    });
  }

  std::vector<IdlePattern> idle_patterns() override {
    return guarded([&] {
      const auto db = sqlite::open(location_, sqlite::Access::read);
      return rollback::idle_patterns(settings_, sqlite::names_of(sqlite::list_tables(*db)));
    });
  }

  std::vector<TableFacts> facts(const std::string& point, const std::vector<Backup>& backups,
                                std::optional<std::chrono::milliseconds>) override {
    return guarded(
        [&] { return sqlite::gather_facts(location_, component_, settings_, point, backups); });
  }

  std::vector<Check> diagnose(Depth depth) override {
    if (present()) return sqlite::check_database(location_, settings_, depth);
    return {warn("database '" + location_.schema + "' is not there yet: no file '" +
                 location_.file.string() + "'")};
  }

  Prepared prepare(const Order& order) override {
    return guarded([&] {
      end_given_up();
      return sqlite::prepare(location_, component_, settings_, order);
    });
  }

  std::vector<Finding> verify(const std::string& point,
                              const std::vector<Backup>& backups) override {
    if (!present()) return {{"database '" + location_.schema + "' is not there"}};
    return guarded([&] { return sqlite::verify(location_, component_, point, backups); });
  }

  KeptTables kept() override {
    if (!present()) return {};
    return guarded([&] { return sqlite::kept_tables(location_, component_); });
  }

  void measure(KeptTable& table) override {
    guarded([&] { table.bytes = sqlite::bytes_of(location_, table.name); });
  }

  bool remove_kept(const std::string& point) override {
    if (!present()) return false;
    guarded([&] { sqlite::remove_kept(location_, component_, point); });
    return true;
  }

  std::unique_ptr<Step> swap(const std::vector<Swapping>& together) override {
    const auto& prepared = together.front().prepared;
    return sqlite::make_swap(location_, component_, sqlite::plan_from(prepared));
  }

  std::vector<Backup> leave(const std::string& prepared, const std::string& point) override {
    return guarded([&] { return describe_left(sqlite::plan_from(prepared), point); });
  }

  void settle(const std::string& prepared) override {
    const std::string operation = sqlite::plan_from(prepared).operation;
    guarded([&] { sqlite::settle(location_, component_, operation); });
  }

  void forget(const std::string& point) override {
    guarded([&] { sqlite::forget(location_, component_, point); });
  }

  void discard(const std::string& operation) override {
    if (present()) guarded([&] { sqlite::discard(location_, component_, operation); });
  }

  std::vector<std::string> set_aside(const std::string& operation) override {
    if (!present()) return {};
    return guarded([&] {
      const auto db = open(location_, sqlite::Access::read);
      std::vector<std::string> lines;
      for (const auto& aside : sqlite::Registry(*db, component_).aside(operation)) {
        lines.push_back(counted(aside.rows, "row") + " of '" + aside.table + "' in database '" +
                        location_.schema + "' " + (aside.rows == 1 ? "is" : "are") +
                        " set aside in '" + aside.aside + "': " + aside.reason);
      }
      return lines;
    });
  }

  std::vector<SalvageTable> salvageable() override {
    if (!present()) return {};
    return guarded([&] { return sqlite::salvageable(location_, component_); });
  }

  void count_missing(SalvageTable& table) override {
    guarded([&] { sqlite::count_missing(location_, table); });
  }

  std::vector<std::string> export_rows(const SalvageTable& table,
                                       const ExportOrder& order) override {
    return guarded([&] { return sqlite::export_rows(location_, table, order); });
  }

  std::vector<PutBack> put_back(const std::vector<SalvageTable>& tables,
                                const PutBackOrder& order) override {
    return guarded([&] { return sqlite::put_back(location_, component_, tables, order); });
  }

 private:
  // What operations left here that were given up while they were in flight: what was
  // prepared alone goes, what is live stays. Where that cannot be, they hold nobody up.
  void end_given_up() {
    for (const auto name : split(settings_.take_over, ',')) {
      const std::string operation(name);
      try {
        if (end(operation)) {
          give_notice({"ended operation '" + operation + "', which was given up, in database '" +
                           location_.schema + "'",
                       {}});
        }
      } catch (const std::exception& error) {
        give_notice({"operation '" + operation + "', which was given up, cannot be ended in " +
                         "database '" + location_.schema +
                         "', and what it left there stays: " + error.what(),
                     {}});
      }
    }
  }

  // Whether there was anything.
  bool end(const std::string& operation) {
    std::optional<sqlite::Operation> found;
    {
      const auto db = open(location_, sqlite::Access::read);
      found = sqlite::Registry(*db, component_).operation(operation);
    }
    if (!found || found->state == sqlite::State::settled) return false;
    if (found->state != sqlite::State::swapped) {
      sqlite::discard(location_, component_, operation);
      return true;
    }
    // So that what it displaced is known; no point of a repository describes it.
    if (found->left_point.empty()) describe_left(sqlite::plan_from(found->plan), operation);
    sqlite::settle(location_, component_, operation);
    return true;
  }

  template <class Work>
  std::invoke_result_t<Work> guarded(Work&& work) {
    if (!present()) {
      throw Fatal("database '" + location_.schema + "' is not there: no file '" +
                  location_.file.string() + "'");
    }
    return sqlite::guarded(location_.schema, std::forward<Work>(work));
  }

  std::vector<Backup> describe_left(const sqlite::Plan& plan, const std::string& point) {
    const auto db = open(location_, sqlite::Access::write);
    sqlite::Registry registry(*db, component_);
    std::vector<sqlite::Entry> entries;
    std::vector<Backup> backups;
    for (const auto& change : plan.changes) {
      if (change.before) entries.push_back(describe(*db, change, point));
    }
    fail_point("database leave: before");
    sqlite::Transaction transaction(*db, sqlite::Transaction::Kind::write);
    registry.create();
    for (const auto& entry : entries) {
      registry.put(entry);
      backups.push_back({location_.schema, entry.table, entry.backup, entry.rows, entry.sha256});
    }
    registry.set_left_point(plan.operation, point);
    transaction.commit();
    fail_point("database leave: after");
    return backups;
  }

  std::string component_;
  DatabaseSettings settings_;
  sqlite::Location location_;
};

}  // namespace

void check_sqlite_url(const std::string& url) { locate(url, {}); }

std::unique_ptr<Engine> make_sqlite_engine(const std::string& component,
                                           const DatabaseSettings& settings, const fs::path& base,
                                           const Git&) {
  return std::make_unique<SqliteEngine>(component, settings, base);
}

}  // namespace rollback
