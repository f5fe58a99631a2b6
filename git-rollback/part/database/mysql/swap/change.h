// What prepare() found and built for one table, and all that swap, leave,
// settle and discard get to know: it is journalled as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/rows/projection.h"

namespace rollback::mysql {

// What follows ALTER TABLE and the table's name, see in_place.h.
struct Alteration {
  std::string there, back;
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
  std::string source;                // the table with the point's rows; empty: there are none
  std::string aside;                 // where rows go that do not fit; made at need
  std::string returning = {};        // rows of `after` that come back beside today's; empty: none
  std::string storage;               // storage_of() the live table since it is logged
  std::string storage_after = {};    // of the one that goes live; in the registry alone
  std::string id;                    // begins every other name of ours for this table
  std::optional<Alteration> in_place = {};  // then nothing comes in, and nothing is displaced
  bool from_backup = false;  // `incoming` is the table `source` itself, see from_backup.h

  const std::string& table() const { return before ? before->name : after->name; }
  bool goes() const { return choice != Choice::untouched; }
  bool swaps() const { return goes() && !in_place; }
  std::string before_log() const { return id + "_before"; }
  std::string after_log() const { return id + "_after"; }
  std::string former() const { return id + "_former"; }
  std::string copy() const { return id + "_copy"; }  // that becomes `source` again
};

struct Plan {
  std::string operation;
  std::string point;
  std::int64_t loss_limit = 0;
  std::int64_t rows_lost = 0;
  std::vector<Change> changes;           // untouched tables, too
  std::vector<OutsideKey> outside_keys;  // of tables that stay, on tables that are swapped
  // Of those that another database's plan swaps with these; not journalled.
  std::vector<OutsideKey> keys_of_others = {};

  bool goes() const;
  bool swaps() const;
  // Made while tables are renamed, see queue.h; its name comes behind those of all others.
  std::string held_table() const;
};

std::string to_text(const Plan& plan);
Plan plan_from(const std::string& text);

// Refused, with nothing changed: it is not any more as prepare() found it.
[[noreturn]] void refuse_written(const Change& change);
[[noreturn]] void refuse_changed(const Change& change, const std::string& how);  // "emptied"

// "git_rollback_<operation>_<hash of the component>_": begins the names of all
// logs and triggers of one operation; at most 47 characters.
std::string operation_prefix(const std::string& operation, const std::string& component);

}  // namespace rollback::mysql
