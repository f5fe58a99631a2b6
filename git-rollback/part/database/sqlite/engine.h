// The SQLite engine: url "sqlite:PATH", relative to the work tree.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <string>

#include "part/database/engine.h"

namespace rollback {

void check_sqlite_url(const std::string& url);

std::unique_ptr<Engine> make_sqlite_engine(const std::string& component,
                                           const DatabaseSettings& settings,
                                           const boost::filesystem::path& base, const Git& git);

}  // namespace rollback
