// A fingerprint of the refs that the index is built from, by stat(2) alone: no
// process, and no cost that grows with the number of points.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "os/clock.h"

namespace rollback {

struct RefState {
  std::string text;  // differs when a point, a live chain or the events moved
  Time settles{};    // what is listed after this time belongs to this text alone

  // Whether refs listed at that time are what this text stands for. A change
  // within one tick of the file system's clock leaves the same text, so what was
  // listed too soon after a change must be listed again.
  bool covers(Time listed) const { return listed > settles; }
};

// `common_dir`: of the repository. Take it before listing the refs.
RefState look_at_refs(const boost::filesystem::path& common_dir);

}  // namespace rollback
