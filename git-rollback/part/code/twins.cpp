#include "part/code/twins.h"

namespace rollback {

std::set<std::string> commits_with_twins(const Git& git, const std::string& from,
                                         const std::string& to) {
  std::set<std::string> ids;
  const std::string list =
      git.run({"rev-list", "--right-only", "--cherry-mark", from + "..." + to, "--"});
  for (const auto line : split(list, '\n')) {
    if (line.starts_with('=')) ids.emplace(line.substr(1));
  }
  return ids;
}

}  // namespace rollback
