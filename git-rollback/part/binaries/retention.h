// Which releases may go: successful builds count for `keep`, and failed ones
// do not push good ones out.
#pragma once

#include <boost/filesystem/path.hpp>
#include <set>
#include <string>
#include <vector>

namespace rollback {

struct DeployedRelease {
  std::string name;
  bool successful = false;
};

// Pure. `history` is newest first and may name a release more than once; a
// release is successful if any of its deploys was. Kept: the newest `keep`
// successful ones, whatever is newer than the oldest of these, and
// `in_use`. Releases that are not in the history are nobody's business here.
std::vector<std::string> releases_to_prune(const std::vector<DeployedRelease>& history, int keep,
                                           const std::set<std::string>& in_use);

// Removes the folder and the manifest of one release.
void remove_release(const boost::filesystem::path& releases, const std::string& name);

}  // namespace rollback
