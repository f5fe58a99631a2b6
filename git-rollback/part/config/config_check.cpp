#include "part/config/config_check.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>

#include "os/error.h"
#include "os/file.h"
#include "part/config/file_state.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

bool in_group(gid_t group) {
  if (group == getegid()) return true;
  std::vector<gid_t> groups(static_cast<size_t>(std::max(getgroups(0, nullptr), 0)));
  if (!groups.empty() && getgroups(static_cast<int>(groups.size()), groups.data()) < 0) {
    return false;
  }
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

// Where the file, were it absent now, would come back to.
fs::path folder_that_is(fs::path folder) {
  boost::system::error_code ignored;
  while (!fs::is_directory(folder, ignored) && folder.has_parent_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

std::optional<Check> why_not(const std::string& path, const fs::path& target) {
  const std::string name = "config file '" + path + "'";
  const FileState state = look_at(path, target);
  const fs::path folder = folder_that_is(target.parent_path());
  if (!may_write(folder)) {
    return problem("this user may not write in '" + folder.string() + "', where " + name + " is",
                   "run git rollback as the owner of that folder, or as root");
  }
  if (state.absent) return warn(name + " is not there: points record that it is absent");
  if (geteuid() == 0) return std::nullopt;
  if (state.mode.uid != geteuid()) {
    return problem(name + " belongs to user " + std::to_string(state.mode.uid) +
                       ", to whom this one cannot give it back",
                   "run git rollback as that user, or as root");
  }
  if (!in_group(state.mode.gid)) {
    return problem(name + " belongs to group " + std::to_string(state.mode.gid) +
                       ", to which this user cannot give it back",
                   "run git rollback as root, or join that group");
  }
  return std::nullopt;
}

}  // namespace

std::vector<Check> check_config(const std::vector<std::pair<std::string, fs::path>>& files) {
  std::vector<Check> checks;
  size_t good = 0;
  for (const auto& [path, target] : files) {
    try {
      if (auto found = why_not(path, target)) {
        checks.push_back(*std::move(found));
      } else {
        ++good;
      }
    } catch (const Error& error) {
      checks.push_back(problem(error.what(), error.hints().empty() ? "" : error.hints().front()));
    }
  }
  if (good > 0) {
    checks.push_back(fine(std::to_string(good) + (good == 1 ? " config file" : " config files") +
                          " can be read, and put back with mode and owner"));
  }
  return checks;
}

}  // namespace rollback
