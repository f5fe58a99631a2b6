// A point as this database can give it back, measured against what is live.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/sqlite/change.h"
#include "part/database/sqlite/registry.h"

namespace rollback::sqlite {

// One table of the set: live now, at the point, or both.
struct Member {
  std::string table;
  std::string type = "table";  // what stands there now; "" : nothing
  std::optional<Definition> now = {};
  std::optional<Entry> point = {};      // from the registry
  std::optional<Backup> recorded = {};  // from the point's tag
  bool ledger = false;
  bool session = false;
};

// Inside a snapshot. The point's tables and those that match the settings now.
std::vector<Member> find_members(SQLite::Database& db, const Registry& registry,
                                 const DatabaseSettings& settings, const std::string& point,
                                 const std::vector<Backup>& backups);

Source source_of(const Entry& entry);

// `left_by` is the plan of the operation that the point describes the left
// state of, if it is one: then written rows are counted since its swap.
TableFacts measure(SQLite::Database& db, const Member& member, const std::optional<Plan>& left_by);

}  // namespace rollback::sqlite
