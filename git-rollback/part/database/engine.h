// What a database engine has to do. It measures and carries out; which rows go
// live is chosen elsewhere (rows_choice.h), the same for every engine.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "part/database/backup_trailer.h"
#include "part/database/idle_pattern.h"
#include "part/database/procedure.h"
#include "part/database/settings.h"
#include "part/part.h"
#include "store/git.h"

namespace rollback {

// One table of the set, now and at the point. "Written" is measured against
// the baseline: the state which the database was left in when the point became
// the way back, so the point's own rows, or for `undo` those right after the swap.
struct TableFacts {
  std::string table;
  std::string database = {};  // to tell it from a table of the same name in another
  bool ledger = false;
  bool at_point = false;        // else it is new since, or
  bool uncovered = false;       // the point did not cover it (covered.h)
  bool now = false;             // else it is gone since
  bool rows_at_point = false;   // else only its structure was kept
  bool structure_same = false;  // table, indexes and triggers, word for word
  bool rows_same = false;       // as the point's; only said where structure_same
  bool undo = false;            // the point is what a rollback left
  bool undo_of_keep_all = false;
  bool session = false;   // `sessions:`, today's rows stay whatever is chosen for others
  bool counted = true;    // else counting was cut short, and what is written is not known
  std::int64_t rows = 0;  // now
  std::int64_t point_rows = 0;
  std::int64_t written = 0;         // rows inserted or changed since the baseline
  std::int64_t missing = 0;         // rows of the baseline that are no more, or are changed
  std::int64_t inserted = 0;        // of those written: the baseline has no row of that key
  std::int64_t unfit = 0;           // rows with a value that a column of the point does not take
  std::int64_t keep_all_loses = 0;  // those, and rows with a value in a column that goes
  bool in_place = false;            // keep_all loses nothing, and the table need not be copied
  std::int64_t keep_new_loses = 0;  // rows changed since, and inserted ones with such a value
  std::int64_t returning = 0;       // rows that it set aside, and that keep_all brings back
  std::vector<std::string> columns_going;
  std::vector<std::string> columns_filled;
  std::optional<std::string> no_keep_all;  // why keep_all cannot be done
  std::optional<std::string> no_keep_new;
  std::optional<std::string> refusal;  // why nothing can be done
};

enum class Choice { untouched, restore, keep_all, displace, keep_new };

struct Decision {
  std::string table;
  Choice choice = Choice::untouched;
  bool ledger = false;
  bool if_unwritten = false;  // chosen because nothing was written: no longer right if it is
  std::int64_t rows_lost = 0;
};

// Rows that stay and refer to rows of another table that do not.
struct Stranded {
  std::string child, parent;
  std::int64_t rows = 0;
};
std::string in_words(const Stranded& stranded);

// From facts to decisions; throws Refused where there is no way.
using Chooser = std::function<std::vector<Decision>(const std::vector<TableFacts>&)>;

struct Order {
  std::string operation;
  std::string point;            // the target's id
  std::vector<Backup> backups;  // of this database, from the target's trailers
  std::int64_t loss_limit = 0;
  Chooser choose;
  std::optional<std::chrono::milliseconds> count_within;  // as in Request
  bool emergency = false;                                 // as in Request
  std::int64_t minimal_loss = 0;  // as in Request, less what other databases lose
};

// What a backup is for.
struct Occasion {
  std::string point;
  // The texts of the files that change the structure in the deploy which the
  // point is recorded before; nothing: it is not known which those are.
  std::optional<std::vector<std::string>> migrations;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual const DatabaseSettings& settings() const = 0;
  virtual const std::string& schema() const = 0;  // as in the trailers
  virtual bool present() = 0;
  // Whether it may be made later, as a file is by a program that runs for the first time.
  // Else a point does not do without it.
  virtual bool may_come_later() const { return true; }
  // Why this host neither captures nor restores it, but another; "": it does.
  virtual std::string left_to_another() const { return {}; }

  struct Captured {
    std::vector<Backup> backups;
    std::vector<std::string> notices;
  };
  virtual Captured capture(const Occasion& occasion) = 0;

  // Drops the copies that capture() made for a point that was not published.
  virtual void forget(const std::string& point) = 0;

  // As Part::verify, of the tables that the point's trailers name.
  virtual std::vector<Finding> verify(const std::string& point,
                                      const std::vector<Backup>& backups) = 0;

  // As in Part; none where the database is not there. `component` is filled in.
  virtual KeptTables kept() = 0;
  virtual void measure(KeptTable& table) = 0;
  virtual bool remove_kept(const std::string& point) = 0;

  // Read-only, in one snapshot. A server's engine counts no longer than `within`,
  // as in Request; a file's is done before that matters.
  virtual std::vector<TableFacts> facts(const std::string& point,
                                        const std::vector<Backup>& backups,
                                        std::optional<std::chrono::milliseconds> within) = 0;

  // What those decisions would strand, by foreign key; nothing where that could not be
  // counted `within`. None where the engine does not look.
  virtual std::optional<std::vector<Stranded>> foresee_stranded(
      const std::string& /*point*/, const std::vector<Backup>& /*backups*/,
      const std::vector<Decision>& /*decisions*/,
      std::optional<std::chrono::milliseconds> /*within*/) {
    return std::vector<Stranded>{};
  }

  // Why nothing can be written to it by this login, or here: read-only, and cheap.
  virtual std::optional<Obstacle> cannot_write() { return std::nullopt; }

  // As Part::diagnose.
  virtual std::vector<Check> diagnose(Depth depth) = 0;

  struct Prepared {
    std::string text;  // JSON, all that the functions below get
    std::int64_t rows_lost = 0;
    bool anything = false;  // else no table changes and there is no step
  };
  virtual Prepared prepare(const Order& order) = 0;

  // Whether its tables and those of the other can go live in one moment.
  virtual bool swaps_with(const Engine& /*other*/) const { return false; }
  // What was prepared by this engine and by those that swap with it.
  struct Swapping {
    Engine* engine;
    std::string prepared;
  };
  virtual std::unique_ptr<Step> swap(const std::vector<Swapping>& together) = 0;
  // Of tables that change where they stand, once all have swapped; in this order.
  virtual std::vector<std::unique_ptr<Step>> alter(const std::string& /*prepared*/) { return {}; }
  virtual std::vector<Backup> leave(const std::string& prepared, const std::string& point) = 0;
  virtual void settle(const std::string& prepared) = 0;
  virtual void discard(const std::string& operation) = 0;
  virtual std::vector<std::string> set_aside(const std::string& operation) = 0;

  // As in Part, of this database.
  virtual std::vector<SalvageTable> salvageable() = 0;
  virtual void count_missing(SalvageTable& table) = 0;
  virtual std::vector<std::string> export_rows(const SalvageTable& table,
                                               const ExportOrder& order) = 0;
  virtual std::vector<PutBack> put_back(const std::vector<SalvageTable>& tables,
                                        const PutBackOrder& order) = 0;

  // One for each table, made where `install`; nothing: there are no procedures.
  virtual std::optional<std::vector<Procedure>> procedures(bool /*install*/) {
    return std::nullopt;
  }

  // Of tables that are there now.
  virtual std::vector<IdlePattern> idle_patterns() = 0;

  // As in Part.
  virtual std::vector<Check> failing_writes() { return {}; }
};

// Engine::verify; where the database cannot be reached, one finding that says so.
std::vector<Finding> verify_in_reach(Engine& engine, const std::string& point,
                                     const std::vector<Backup>& backups);

// Whether an engine takes it; Usage, with what is wrong. Opens nothing.
void check_url(const std::string& url);

// By the urls' schemes, in their order. Usage when no engine takes one.
// `base`: below it stand relative paths; `git`: asked for a login, where one is needed.
using Engines = std::vector<std::unique_ptr<Engine>>;
Engines make_engines(const std::string& component, const std::vector<DatabaseSettings>& databases,
                     const boost::filesystem::path& base, const Git& git);

}  // namespace rollback
