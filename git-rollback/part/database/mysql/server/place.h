// Where one schema of one server is, as the configuration says; each function
// of this engine opens the sessions that it needs from it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "os/lock.h"
#include "part/database/mysql/server/session.h"
#include "part/database/settings.h"

namespace rollback::mysql {

// A server that follows this one.
struct Follower {
  std::string name;  // as server_name()
  std::function<Endpoint()> endpoint;
};

struct Place {
  std::string schema;  // the database's name, also in messages and trailers
  std::string component;
  DatabaseSettings settings;
  std::function<Endpoint()> endpoint;   // finds the login when it is first needed
  std::vector<Follower> replicas = {};  // that the configuration names
  std::string here = host_name();       // who carries an operation out: a host, a repository
};

inline Session open(const Place& place) { return Session(place.endpoint()); }

}  // namespace rollback::mysql
