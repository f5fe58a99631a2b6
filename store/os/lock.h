// One writer at a time, by flock(2): it goes with the process that holds it,
// so a kill leaves no stale lock behind.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <string>

#include "os/descriptor.h"

namespace rollback {

class FileLock {
 public:
  // Waits up to `patience`, then throws Refused with what the holder wrote
  // about itself. `about` is what we are doing, such as "rollback 2026…".
  FileLock(const boost::filesystem::path& path, const std::string& about,
           std::chrono::milliseconds patience);

  // Says anew what we are doing.
  void tell(const std::string& about);

  // For git children alone, which may outlive us by a moment.
  int descriptor() const { return file_.get(); }

 private:
  Descriptor file_;
};

// Who holds the lock at this path, of those on this host, as "pid 4711 on world1"; "" :
// nobody. Takes nothing, so that it stands in nobody's way.
std::string lock_holder(const boost::filesystem::path& path);

std::string host_name();

}  // namespace rollback
