// The engine for MySQL and MariaDB: url "mysql://[user@]host[:port]/database" or
// "mysql:///database?socket=PATH"; `mariadb:` is the same.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <string>

#include "part/database/engine.h"

namespace rollback {

void check_mysql_url(const std::string& url);

std::unique_ptr<Engine> make_mysql_engine(const std::string& component,
                                          const DatabaseSettings& settings,
                                          const boost::filesystem::path& base, const Git& git);

}  // namespace rollback
