// What `.rollback.yml` says of a component's database.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "part/part.h"

namespace rollback {

// How much of a table a point keeps. automatic: full where the deploy's
// migrations name it or it is small, else structure.
enum class BackupMode { automatic, full, structure, none };

// A word for all tables, or by pattern: the first that means the table.
template <class Word>
struct ByTable {
  Word otherwise{};
  std::vector<std::pair<std::string, Word>> patterns = {};
};

struct DatabaseSettings {
  std::string url;                      // "sqlite:var/characters.db"
  std::vector<std::string> tables;      // names and patterns with * and ?
  std::vector<std::string> sessions;    // tables whose rows stay as they are now
  std::vector<std::string> ledger;      // tables that always go with the structure
  std::vector<std::string> migrations;  // pathspecs of the files that change the structure
  ByTable<Rows> rows = {};
  ByTable<BackupMode> backup = {};
  std::string owner;                       // the one host that captures and restores; "": any
  bool without_on_backup_failure = false;  // on_backup_failure: without
  std::string take_over = {};  // operations, a comma list: rollback.takeOver, those given up here
  std::string option_file;     // rollback.mysqlOptionFile; "": the client's own
  std::int64_t full_below_bytes = 64 << 20;  // rollback.fullBelow
  std::vector<std::string> replicas = {};    // rollback.replica, urls
  std::int64_t replica_lag_s = 10;           // rollback.replicaLag; 0: no replica is waited for
};

}  // namespace rollback
