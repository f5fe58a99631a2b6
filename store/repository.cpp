#include "store/repository.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cctype>
#include <charconv>

#include "os/error.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// Before we know where we are: git's own search, in the user's environment.
Finished ask_git(const std::vector<std::string>& arguments, const fs::path& directory = {},
                 bool scrub = false) {
  Command command{.argv = {"git"}, .directory = directory};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  if (scrub) command.unset = {"GIT_DIR", "GIT_WORK_TREE"};
  command.set["LC_ALL"] = "C.UTF-8";
  return run(command);
}

void refuse_hidden_bare_repository(const fs::path& git_dir) {
  if (getenv("GIT_DIR") != nullptr) return;
  const fs::path here = fs::current_path();
  if (!fs::equivalent(here, git_dir)) {
    throw Fatal("'" + here.string() + "' is inside the repository '" + git_dir.string() +
                    "', not in its work tree",
                {"go to the work tree, or name the repository: git --git-dir='" + git_dir.string() +
                 "' rollback"});
  }
  const fs::path parent = git_dir.parent_path();
  if (!parent.empty() && ask_git({"rev-parse", "--git-dir"}, parent, true).status == 0) {
    throw Fatal("the bare repository '" + git_dir.string() + "' stands inside another repository",
                {"if you mean it: git --git-dir='" + git_dir.string() + "' rollback"});
  }
}

std::string lower_key(std::string_view key) {
  // section and name are case-insensitive, a subsection between them is not
  std::string lowered(key);
  const size_t first = lowered.find('.');
  const size_t last = lowered.rfind('.');
  for (size_t i = 0; i < lowered.size(); ++i) {
    if (i < first || i > last) lowered[i] = static_cast<char>(std::tolower(lowered[i]));
  }
  return lowered;
}

}  // namespace

Settings::Settings(std::string_view nul_separated) {
  for (const auto entry : split(nul_separated, '\0')) {
    const size_t newline = entry.find('\n');
    const std::string key(entry.substr(0, newline));
    values_[key].emplace_back(newline == std::string_view::npos ? "true"
                                                                : entry.substr(newline + 1));
  }
}

std::optional<std::string> Settings::text(std::string_view key) const {
  const auto found = values_.find(lower_key(key));
  if (found == values_.end()) return std::nullopt;
  return found->second.back();
}

bool Settings::flag(std::string_view key, bool fallback) const {
  const auto value = text(key);
  if (!value) return fallback;
  std::string lowered = *value;
  std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (lowered == "true" || lowered == "yes" || lowered == "on" || lowered == "1") return true;
  if (lowered.empty() || lowered == "false" || lowered == "no" || lowered == "off" ||
      lowered == "0") {
    return false;
  }
  throw Usage("bad boolean config value '" + *value + "' for '" + std::string(key) + "'");
}

long long Settings::number(std::string_view key, long long fallback) const {
  const auto value = text(key);
  if (!value) return fallback;
  long long parsed = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, parsed);
  if (error != std::errc() || stop != end || parsed < 0) {
    throw Usage("bad numeric config value '" + *value + "' for '" + std::string(key) + "'");
  }
  return parsed;
}

Repository find_repository() {
  Repository repository;
  const Finished found =
      ask_git({"rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir",
               "--is-bare-repository", "--is-inside-work-tree", "--show-toplevel"});
  const auto lines = split(found.out, '\n');
  if (lines.size() < 4) {
    const size_t colon = found.err.find("fatal: ");
    if (found.status == 127 || colon == std::string::npos) {
      throw Fatal(found.err.empty() ? "git does not answer" : found.err);
    }
    const std::string_view rest = std::string_view(found.err).substr(colon + 7);
    const size_t newline = rest.find('\n');
    std::vector<std::string> hints;
    const size_t advice = found.err.find("git config --global --add safe.directory");
    if (advice != std::string::npos) {
      hints.push_back(found.err.substr(advice, found.err.find('\n', advice) - advice));
    }
    throw Fatal(std::string(rest.substr(0, newline)), hints);
  }
  repository.git_dir = std::string(lines[0]);
  repository.common_dir = std::string(lines[1]);
  if (lines[3] == "true" && lines.size() > 4) {
    repository.work_tree = std::string(lines[4]);
  } else if (lines[2] == "true") {
    refuse_hidden_bare_repository(repository.git_dir);
  } else {
    throw Fatal("this command must be run in a work tree",
                {"go to the top folder of the work tree and run it again"});
  }
  repository.git = Git(repository.git_dir, repository.work_tree);

  repository.settings = Settings(repository.git.run({"config", "--list", "-z"}));
  repository.environment = repository.settings.text("rollback.environment").value_or("production");
  if (!names::is_environment(repository.environment)) {
    throw Usage("'" + repository.environment + "' is no valid name of an environment",
                {"git config rollback.environment production"});
  }
  if (repository.settings.flag("rollback.requireSigned", false)) {
    throw Fatal("rollback.requireSigned is set, and signed points are not built yet",
                {"git config --unset rollback.requireSigned"});
  }
  return repository;
}

}  // namespace rollback
