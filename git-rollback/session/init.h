// Takes a repository, or a service that already runs, under its care.
#pragma once

#include <string>
#include <vector>

#include "session/session.h"

namespace rollback {

struct InitReport {
  std::vector<std::string> done;  // one line each, for people
  std::vector<std::string> warnings;
};

// Writes .rollback.yml if missing, installs the hooks where git says that hooks
// live and leaves foreign ones alone, and records today as the first point and
// the first live record. Run again, it adds what is missing.
InitReport initialise();

// The part of it that records today, where nothing is recorded as live yet and
// there is a commit.
void begin_record(ChangingSession& session, InitReport& report);

}  // namespace rollback
