// What `.rollback.yml` says of a component's database.
#pragma once

#include <string>
#include <vector>

#include "part/part.h"

namespace rollback {

struct DatabaseSettings {
  std::string url;                  // "sqlite:var/characters.db"
  std::vector<std::string> tables;  // names and patterns with * and ?
  std::vector<std::string> ledger;  // tables that always go with the structure
  Rows rows = Rows::automatic;
  bool without_on_backup_failure = false;  // on_backup_failure: without
};

}  // namespace rollback
