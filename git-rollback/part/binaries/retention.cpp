#include "part/binaries/retention.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/file.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;

std::vector<std::string> releases_to_prune(const std::vector<DeployedRelease>& history, int keep,
                                           const std::set<std::string>& in_use) {
  std::vector<std::string> newest_first;
  std::set<std::string> successful;
  for (const auto& deploy : history) {
    if (std::find(newest_first.begin(), newest_first.end(), deploy.name) == newest_first.end()) {
      newest_first.push_back(deploy.name);
    }
    if (deploy.successful) successful.insert(deploy.name);
  }
  std::vector<std::string> prune;
  int kept = 0;
  for (const auto& name : newest_first) {
    if (kept >= keep && in_use.count(name) == 0) prune.push_back(name);
    if (successful.count(name) != 0) ++kept;
  }
  return prune;
}

void remove_release(const fs::path& releases, const std::string& name) {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
    throw Fatal("'" + name + "' is no valid name of a release");
  }
  boost::system::error_code error;
  fs::remove_all(releases / name, error);  // removes a link itself, never what it leads to
  if (error) {
    throw Fatal("cannot remove the release '" + (releases / name).string() +
                "': " + error.message());
  }
  remove_file(names::manifest_file(releases, name));
}

}  // namespace rollback
