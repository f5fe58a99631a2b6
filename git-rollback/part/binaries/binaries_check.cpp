#include "part/binaries/binaries_check.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/file.h"
#include "part/binaries/manifest.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

Check why_no_release(const fs::path& releases, const fs::path& current) {
  const fs::file_status link = fs::symlink_status(current);
  if (!fs::exists(link)) {
    return warn(quoted(current) + " is not there yet: points do without the binaries",
                "ln -s " + quoted(releases / "<release>") + " " + quoted(current));
  }
  if (fs::is_directory(link)) {
    return problem(quoted(current) + " is a folder, and only a link can be swapped at once",
                   "mv " + quoted(current) + " " + quoted(releases / "first") + " && ln -s " +
                       quoted(releases / "first") + " " + quoted(current));
  }
  return problem(quoted(current) + " is no link to a folder in " + quoted(releases),
                 "ln -sfn " + quoted(releases / "<release>") + " " + quoted(current));
}

// Another link between, which deploys replace and a rollback would pass by.
void check_chain(const fs::path& current, std::vector<Check>& checks) {
  boost::system::error_code error;
  const fs::path next = fs::absolute(fs::read_symlink(current, error), current.parent_path());
  if (error || !fs::is_symlink(fs::symlink_status(next, error))) return;
  checks.push_back(warn(quoted(current) + " leads on through the link " + quoted(next) +
                            ": a rollback replaces the first and leaves the second as it is",
                        "name " + quoted(next) + " as current in .rollback.yml"));
}

void check_access(const fs::path& releases, const fs::path& current, std::vector<Check>& checks) {
  const fs::path state = names::releases_state_directory(releases);
  boost::system::error_code ignored;
  for (const auto& folder :
       {fs::is_directory(state, ignored) ? state : releases, current.parent_path()}) {
    if (may_write(folder)) continue;
    checks.push_back(problem("this user may not write in " + quoted(folder),
                             "run git rollback as the user who deploys"));
  }
}

Check check_manifest(const fs::path& releases, const std::string& release, Depth depth) {
  const auto recorded = read_file_if_there(names::manifest_file(releases, release));
  const std::string what = "release '" + release + "' in " + quoted(releases);
  if (!recorded) return fine(what + " runs; the next point records what it is made of");
  if (depth == Depth::thorough && *recorded != manifest_of(releases / release)) {
    return warn(what +
                    " runs, and its files changed since it was recorded: to go back to it"
                    " later would be refused; keep logs and caches outside of releases",
                "git rollback record");
  }
  return fine(what + (depth == Depth::thorough ? " runs, as it was recorded" : " runs"));
}

}  // namespace

std::vector<Check> check_releases(const fs::path& releases, const fs::path& current,
                                  const std::optional<std::string>& release, Depth depth) try {
  boost::system::error_code ignored;
  if (!fs::is_directory(releases, ignored)) {
    return {problem("there is no folder " + quoted(releases), "mkdir -p " + quoted(releases))};
  }
  std::vector<Check> checks;
  check_access(releases, current, checks);
  if (!release) {
    checks.push_back(why_no_release(releases, current));
    return checks;
  }
  check_chain(current, checks);
  checks.push_back(check_manifest(releases, *release, depth));
  return checks;
} catch (const Error& error) {
  return {problem(error.what(), error.hints().empty() ? "" : error.hints().front())};
}

}  // namespace rollback
