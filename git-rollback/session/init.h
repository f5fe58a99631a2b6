// Takes a repository, or a service that already runs, under its care.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "session/session.h"

namespace rollback {

struct InitReport {
  std::vector<std::string> done;  // one line each, for people
  std::vector<std::string> warnings;
};

// Writes .rollback.yml if missing, by what it finds of a service that already
// runs (adoption.h), installs the hooks where git says that hooks live and
// leaves foreign ones alone, and records today as the first point and the first
// live record. Nothing else is changed. Run again, it adds what is missing.
// `commit`: what runs, where no REVISION says so and it is not HEAD. Throws
// Refused in a mirror, Fatal for a commit that is not here, Usage for one where
// the record has begun.
InitReport initialise(const std::optional<std::string>& commit = {});

// The part of it that records today, where nothing is recorded as live yet and
// there is a commit.
void begin_record(ChangingSession& session, InitReport& report,
                  const std::optional<std::string>& commit = {});

}  // namespace rollback
