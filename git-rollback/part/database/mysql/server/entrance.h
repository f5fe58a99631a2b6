// From what the configuration says to a session: the address, the login, once
// for each engine.
#pragma once

#include <string>

#include "part/database/mysql/server/place.h"
#include "store/git.h"

namespace rollback::mysql {

// Usage for a url that says no place. Asks for a login when a session is first opened.
Place make_place(const std::string& component, const DatabaseSettings& settings, const Git& git);

// Whether the server has the database. Throws where the server does not answer.
bool exists(const Place& place);

}  // namespace rollback::mysql
