// The SQLite engine: url "sqlite:PATH", relative to the work tree.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <string>

#include "part/database/engine.h"

namespace rollback {

std::unique_ptr<Engine> make_sqlite_engine(const std::string& component,
                                           const DatabaseSettings& settings,
                                           const boost::filesystem::path& base);

}  // namespace rollback
