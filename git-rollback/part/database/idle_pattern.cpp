#include "part/database/idle_pattern.h"

#include <algorithm>

#include "os/notice.h"
#include "part/database/engine.h"
#include "part/database/table_pattern.h"

namespace rollback {

std::string IdlePattern::in_words(const std::string& schema) const {
  const std::string what =
      "no table of database '" + schema + "' is meant by '" + pattern + "' in `" + key + ":`";
  if (key == "sessions") return what + ", so rows that were to stay go back like all others";
  if (key == "ledger") return what + ", so what was to go with the structure does not";
  return what;
}

std::vector<IdlePattern> idle_patterns(const DatabaseSettings& settings,
                                       const std::vector<std::string>& tables) {
  std::vector<IdlePattern> idle;
  const auto look = [&](const char* key, const std::vector<std::string>& patterns) {
    for (const auto& pattern : patterns) {
      const bool means_any =
          std::any_of(tables.begin(), tables.end(),
                      [&](const std::string& table) { return is_meant({pattern}, table); });
      if (!means_any) idle.push_back({key, pattern});
    }
  };
  look("tables", settings.tables);
  look("sessions", settings.sessions);
  look("ledger", settings.ledger);
  return idle;
}

void give_notice_of_idle_patterns(Engine& engine) {
  for (const IdlePattern& idle : engine.idle_patterns()) {
    // As a file is made when a program runs for the first time, so are its tables.
    if (idle.may_come() && engine.may_come_later()) continue;
    give_notice({idle.in_words(engine.schema()),
                 {"correct `" + idle.key + ":` in .rollback.yml, then: git rollback doctor"}});
  }
}

std::vector<std::string> about_idle_patterns(Engine& engine, const std::vector<TableFacts>& facts) {
  std::vector<std::string> lines;
  for (const IdlePattern& idle : engine.idle_patterns()) {
    // A table of the point may be gone today.
    const bool means_any = std::any_of(facts.begin(), facts.end(), [&](const TableFacts& table) {
      return is_meant({idle.pattern}, table.table);
    });
    if (!means_any && !idle.may_come()) lines.push_back(idle.in_words(engine.schema()));
  }
  return lines;
}

}  // namespace rollback
