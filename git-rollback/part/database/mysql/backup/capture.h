// Backs up the tables of a component, all as of one moment, while writers go on.
#pragma once

#include <string>

#include "part/database/engine.h"
#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

// Throws Refused, before it changes anything, where there is too little space or
// nothing may be written here; and where another capture is under way, or a
// table was changed meanwhile.
Engine::Captured capture(const Place& place, const Occasion& occasion);

// Removes what capture() made for a point that was not published.
void forget(const Place& place, const std::string& point);

}  // namespace rollback::mysql
