// A point as this database can give it back, measured against what is live.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// One table of the set: live now, at the point, or both.
struct Member {
  std::string table;
  std::string type = {};  // what stands there now: table, view, sequence; "": nothing
  std::optional<Definition> now = {};
  std::optional<Entry> point = {};             // from the registry
  std::optional<Backup> recorded = {};         // from the point's tag
  std::optional<std::string> unreadable = {};  // why the definition cannot be read
  // Rows that the rollback which left the point set aside, and that are known by
  // their key; empty: there are none.
  std::string returning = {};
  bool ledger = false;
  bool session = false;
};

struct Survey {
  std::vector<Member> members;
  std::vector<TableFacts> facts;  // one for each member
};

// Inside a snapshot. The point's tables and those that match the settings now.
// Where the point is what an operation left, written rows are counted since its
// swap. `limit` is for all the counting; past it, facts are not `counted`.
Survey survey(Session& session, const Registry& registry, const DatabaseSettings& settings,
              const std::string& point, const std::vector<Backup>& backups,
              std::optional<std::chrono::milliseconds> limit = {});

}  // namespace rollback::mysql
