// What prepare() found and built for one table, and all that swap, leave,
// settle and discard get to know: it is journalled as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/sqlite/definition.h"

namespace rollback::sqlite {

// A table that holds rows: a backup with untyped columns (git_rollback_rowid
// first), or one that was live, such as a displaced one.
struct Source {
  std::string table;  // empty: there are no rows
  bool copy = false;
};

struct Change {
  Choice choice = Choice::untouched;
  bool ledger = false;
  bool if_unwritten = false;  // a restore or displace that is right only if nothing is written
  std::int64_t rows_lost = 0;
  std::optional<Definition> before;  // what is live before the swap
  std::optional<Definition> after;   // what is live after it
  std::string incoming;              // the table that goes live; empty: none
  std::string displaced;             // what the live one is called then
  Source source;                     // the point's rows
  std::string id;                    // begins every name of ours for this table

  const std::string& table() const { return before ? before->name : after->name; }
  bool swaps() const { return choice != Choice::untouched; }
  std::string before_log() const { return id + "_before"; }
  std::string after_log() const { return id + "_after"; }
  Face displaced_face() const { return idle_face(*before, displaced, id + "_out_"); }
  Face incoming_face() const { return idle_face(*after, incoming, id + "_in_"); }
};

struct Plan {
  std::string operation;
  std::string point;
  std::int64_t loss_limit = 0;
  std::int64_t rows_lost = 0;
  std::vector<Change> changes;  // untouched tables, too

  bool swaps() const;
};

std::string to_text(const Plan& plan);
Plan plan_from(const std::string& text);

// "git_rollback_<operation>/<component>/": begins the names of all logs,
// triggers and indexes of one operation.
std::string operation_prefix(const std::string& operation, const std::string& component);

}  // namespace rollback::sqlite
