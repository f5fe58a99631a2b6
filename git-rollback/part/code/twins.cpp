#include "part/code/twins.h"

#include "part/code/choice.h"
#include "part/code/history.h"

namespace rollback {

std::set<std::string> commits_with_twins(const Git& git, const std::string& from,
                                         const std::string& to) {
  std::set<std::string> here, there;
  for (auto* side : {&here, &there}) {
    const std::string list = git.run({"rev-list", side == &here ? "--right-only" : "--left-only",
                                      "--cherry-mark", from + "..." + to, "--"});
    for (const auto line : split(list, '\n')) {
      if (line.starts_with('=')) side->emplace(line.substr(1));
    }
  }
  if (here.empty()) return here;
  for (const auto& unit : units_between(git, to, from, Notes::none)) {
    for (const auto& id : reverted_by_git(unit.commit)) {
      if (there.count(id) != 0) return {};
    }
  }
  return here;
}

}  // namespace rollback
