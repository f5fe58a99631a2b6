// How much room the server's disk has, where that can be seen from here.
#pragma once

#include <optional>
#include <string>

#include "part/database/mysql/server/place.h"
#include "part/part.h"

namespace rollback::mysql {

// Of the folder that holds the server's data. Nothing: the server is on another
// machine, or its folder cannot be seen.
std::optional<Volume> volume_of(Session& session, const Endpoint& endpoint);

// What is never used up, so that the service can go on writing.
std::int64_t reserve_of(const Volume& volume);

}  // namespace rollback::mysql
