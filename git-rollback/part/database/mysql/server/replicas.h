// Servers that follow the one that is written to, and how far behind they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

// Those that the server lists with a host (report_host), to be asked with the login
// of the server itself. None where this login may not see the list.
std::vector<Follower> listed_replicas(Session& session, const Endpoint& login);

struct Lag {
  std::optional<std::int64_t> seconds;  // beside the delay that is meant; nothing: it has stopped
  std::string position;                 // another one while it goes on
};

// Of all servers that this one follows, the longest. Nothing: it follows none.
std::optional<Lag> lag_of(Session& replica);

}  // namespace rollback::mysql
