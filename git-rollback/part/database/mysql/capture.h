// Backs up the tables of a component, all as of one moment, while writers go on.
#pragma once

#include <string>

#include "part/database/engine.h"
#include "part/database/mysql/place.h"

namespace rollback::mysql {

Engine::Captured capture(const Place& place, const std::string& point);

// Removes what capture() made for a point that was not published.
void forget(const Place& place, const std::string& point);

}  // namespace rollback::mysql
