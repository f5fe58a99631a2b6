// What `.rollback.yml` says of a component's binaries.
#pragma once

#include <boost/filesystem/path.hpp>

namespace rollback {

struct BinariesSettings {
  boost::filesystem::path releases;  // relative: to the work tree
  boost::filesystem::path current;
  int keep = 5;  // successful builds
};

}  // namespace rollback
