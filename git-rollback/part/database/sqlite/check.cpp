#include "part/database/sqlite/check.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/statvfs.h>

#include <boost/filesystem/operations.hpp>

#include "os/bytes_in_words.h"
#include "os/error.h"
#include "os/file.h"
#include "part/database/idle_pattern.h"
#include "part/database/sqlite/definition.h"
#include "part/database/table_pattern.h"

namespace rollback::sqlite {
namespace {

namespace fs = boost::filesystem;

constexpr std::chrono::milliseconds patience = std::chrono::seconds(1);  // a diagnosis is short

class Checkup {
 public:
  Checkup(const Location& location, const DatabaseSettings& settings)
      : location_{location.file, location.schema, patience},
        settings_(settings),
        name_("database '" + location.schema + "'"),
        db_(open(location_, Access::read)) {}

  std::vector<Check> run(Depth depth) {
    if (depth == Depth::thorough && !is_whole()) return checks_;
    journal_mode();
    tables();
    space();
    return checks_;
  }

 private:
  bool is_whole() {
    const std::string found = db_->execAndGet("PRAGMA quick_check(1)").getString();
    if (found == "ok") return true;
    checks_.push_back(problem(name_ + " is damaged: " + found,
                              "sqlite3 '" + location_.file.string() + "' .recover"));
    return false;
  }

  void journal_mode() {
    if (is_wal(*db_)) return;
    checks_.push_back(
        warn(name_ + " is not in WAL mode: its writers wait while a point is recorded",
             "sqlite3 '" + location_.file.string() + "' 'PRAGMA journal_mode=WAL'"));
  }

  void tables() {
    const auto all = list_tables(*db_);
    for (const IdlePattern& idle : idle_patterns(settings_, names_of(all))) no_match(idle);
    size_t meant = 0;
    for (const Listed& listed : all) {
      if (!is_in_set(settings_, listed.name)) continue;
      if (listed.type != "table") {
        checks_.push_back(warn("'" + listed.name + "' of " + name_ + " is no plain table (" +
                               listed.type + "): it stays as it is in a rollback"));
      } else if (const auto definition = read_definition(*db_, listed.name)) {
        ++meant;
        if (const auto why = why_not_movable(*definition)) {
          checks_.push_back(problem(name_ + ": " + *why));
        }
      }
    }
    if (meant == 0) {
      checks_.push_back(warn("no table of " + name_ + " goes back: the patterns mean none",
                             "sqlite3 '" + location_.file.string() + "' .tables"));
    } else {
      checks_.push_back(fine(name_ + ": " + std::to_string(meant) +
                             (meant == 1 ? " table goes" : " tables go") + " back"));
    }
  }

  void no_match(const IdlePattern& idle) {
    const std::string what = idle.in_words(location_.schema);
    checks_.push_back(idle.may_come()
                          ? fine(what)
                          : warn(what, "sqlite3 '" + location_.file.string() + "' .tables"));
  }

  // A backup is at most as large as all that is in the database, without its indexes.
  void space() {
    const std::int64_t used =
        number(*db_, "PRAGMA page_size") *
        (number(*db_, "PRAGMA page_count") - number(*db_, "PRAGMA freelist_count"));
    struct statvfs disk {};
    if (statvfs(location_.file.c_str(), &disk) != 0) return;
    const auto free = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
    const std::string what = bytes_in_words(free) + " are free, and a backup of " + name_ +
                             " takes up to " + bytes_in_words(used);
    if (free < used) {
      checks_.push_back(problem(what, "df -h '" + location_.file.parent_path().string() + "'"));
    } else if (free < 3 * used) {  // the backup, what a rollback builds, and the log of both
      checks_.push_back(warn(what + ", a rollback twice that",
                             "df -h '" + location_.file.parent_path().string() + "'"));
    } else {
      checks_.push_back(fine(what));
    }
  }

  Location location_;
  const DatabaseSettings& settings_;
  std::string name_;
  Connection db_;
  std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> check_database(const Location& location, const DatabaseSettings& settings,
                                  Depth depth) try {
  std::vector<Check> may_not;
  for (const auto& path : {location.file, location.file.parent_path()}) {
    if (may_write(path)) continue;
    may_not.push_back(problem("this user may not write '" + path.string() + "'",
                              "run git rollback as the user who owns the database"));
  }
  if (!may_not.empty()) return may_not;  // to open it may need to write
  return guarded(location.schema, [&] { return Checkup(location, settings).run(depth); });
} catch (const Error& error) {
  return {problem(error.what(), error.hints().empty() ? "" : error.hints().front())};
}

}  // namespace rollback::sqlite
