// Words of `tables:`, `sessions:` and `ledger:` that mean no table, most likely since
// they are misspelt, and who must hear of it.
#pragma once

#include <string>
#include <vector>

#include "part/database/settings.h"

namespace rollback {

class Engine;
struct TableFacts;

struct IdlePattern {
  std::string key, pattern;

  // It can be for tables to come.
  bool may_come() const {
    return key == "tables" && pattern.find_first_of("*?") != std::string::npos;
  }
  // "no table of database 'world' is meant by 'updatez' in `ledger:`", and what follows.
  std::string in_words(const std::string& schema) const;
};

std::vector<IdlePattern> idle_patterns(const DatabaseSettings& settings,
                                       const std::vector<std::string>& tables);

void give_notice_of_idle_patterns(Engine& engine);

// For the plan of a rollback of these tables, one line each.
std::vector<std::string> about_idle_patterns(Engine& engine, const std::vector<TableFacts>& facts);

}  // namespace rollback
