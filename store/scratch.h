// What a process keeps beside git's own files while it works, and what becomes
// of that when it is killed.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

namespace rollback {

// A path in the git directory that nothing else has: "rollback-index-<pid>-…".
// Named by our process id, so that what a killed process left is known.
boost::filesystem::path scratch_path(const boost::filesystem::path& git_dir,
                                     const std::string& what);

// Removes those of processes that are no more.
void sweep_scratch(const boost::filesystem::path& git_dir);

}  // namespace rollback
