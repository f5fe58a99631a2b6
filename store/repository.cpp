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
Command ask_git_to(const std::vector<std::string>& arguments) {
  Command command{.argv = {"git"}};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.set["LC_ALL"] = "C.UTF-8";
  return command;
}

bool is_inside_a_repository(const fs::path& folder) {
  Command command = ask_git_to({"rev-parse", "--git-dir"});
  command.directory = folder;
  command.unset = {"GIT_DIR", "GIT_WORK_TREE"};
  return run(command).status == 0;
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
  if (!parent.empty() && is_inside_a_repository(parent)) {
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

std::vector<std::string> Settings::texts(std::string_view key) const {
  std::vector<std::string> all;
  const auto found = values_.find(lower_key(key));
  if (found == values_.end()) return all;
  for (const auto& value : found->second) {
    value.empty() ? all.clear() : all.push_back(value);
  }
  return all;
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

namespace {

// An option that git does not know, it prints: a line between two paths, since
// a path may hold newlines.
constexpr std::string_view separator = "--git-rollback-separator";

// What is printed before the next separator, or at the end.
std::string next_answer(std::string_view& answers) {
  const std::string line = std::string(separator) + "\n";
  const size_t end = answers.find(line);
  std::string answer(answers.substr(0, end));
  answers.remove_prefix(end == std::string_view::npos ? answers.size() : end + line.size());
  if (answer.ends_with('\n')) answer.pop_back();
  return answer;
}

// git's own words, such as those on a folder that somebody else owns, with its
// advice as our hint.
[[noreturn]] void throw_not_found(const Finished& found) {
  const size_t colon = found.err.find("fatal: ");
  if (found.status == 127 || colon == std::string::npos) {
    throw Fatal(found.err.empty() ? "git does not answer" : found.err);
  }
  const std::string_view rest = std::string_view(found.err).substr(colon + 7);
  std::vector<std::string> hints;
  const size_t advice = found.err.find("git config --global --add safe.directory");
  if (advice != std::string::npos) {
    hints.push_back(found.err.substr(advice, found.err.find('\n', advice) - advice));
  }
  throw Fatal(std::string(rest.substr(0, rest.find('\n'))), hints);
}

// From what git rev-parse answered.
void place(Repository& repository, const Finished& found) {
  std::string_view answers(found.out);
  const std::string bare = next_answer(answers);
  const std::string inside_work_tree = next_answer(answers);
  repository.git_dir = next_answer(answers);
  repository.common_dir = next_answer(answers);
  if (repository.common_dir.empty()) throw_not_found(found);
  const std::string up = next_answer(answers);  // "../../", from a subfolder
  if (found.status == 0) repository.head = next_answer(answers);
  if (inside_work_tree == "true") {
    repository.work_tree = fs::canonical(fs::current_path() / up);
  } else if (bare == "true") {
    refuse_hidden_bare_repository(repository.git_dir);
  } else if (Finished top = run(ask_git_to({"rev-parse", "--show-toplevel"})); top.status == 0) {
    top.out.pop_back();  // elsewhere, with GIT_WORK_TREE or core.worktree
    repository.work_tree = top.out;
  } else {
    throw Fatal("this command must be run in a work tree",
                {"go to the top folder of the work tree and run it again"});
  }
}

// What `init --push-to-deploy` set. A relative path starts at the repository.
void take_deploy_work_tree(Repository& repository) {
  const std::string named = repository.settings.text("rollback.deployWorkTree").value_or("");
  if (!repository.bare() || named.empty()) return;
  const fs::path folder = fs::absolute(named, repository.git_dir);
  boost::system::error_code error;
  repository.work_tree = fs::canonical(folder, error);
  if (error || !fs::is_directory(repository.work_tree)) {
    throw Fatal("the folder '" + folder.string() + "' that pushes are deployed into is not there",
                {"make it again: mkdir '" + folder.string() + "'",
                 "deploy no more: git config --unset rollback.deployWorkTree"});
  }
  repository.push_to_deploy = true;
}

}  // namespace

Repository find_repository() {
  // Side by side, since the two are most of what a reading verb takes.
  const std::string between(separator);
  Process where(ask_git_to({"rev-parse", "--path-format=absolute", "--is-bare-repository", between,
                            "--is-inside-work-tree", between, "--git-dir", between,
                            "--git-common-dir", between, "--show-cdup", between, "HEAD^{commit}"}));
  Process settings(ask_git_to({"config", "--list", "-z"}));

  Repository repository;
  place(repository, where.wait());
  const Finished listed = settings.wait();
  if (listed.status != 0) throw_not_found(listed);
  repository.settings = Settings(listed.out);
  take_deploy_work_tree(repository);
  repository.git = Git(repository.git_dir, repository.work_tree);
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
