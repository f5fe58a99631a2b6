#include "session/surroundings.h"

#include <unistd.h>

#include <array>
#include <boost/filesystem/operations.hpp>
#include <charconv>
#include <tuple>

#include "os/file.h"
#include "session/mirror.h"
#include "store/identity.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// What is used of git, and since when there is that.
constexpr std::tuple needed{2, 31};   // rev-parse --path-format
constexpr std::tuple comfort{2, 36};  // hook run, core.fsync
// merge-tree --write-tree, for repositories that libgit2 cannot open
constexpr std::tuple plumbing{2, 38};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void check_history(const Repository& repository, std::vector<Check>& checks) {
  const Git& git = repository.git;
  if (git.ask({"rev-parse", "--is-shallow-repository"}).out == "true\n") {
    checks.push_back(warn("the clone is shallow: code goes back no further than its history",
                          "git fetch --unshallow"));
  }
  const Finished partial =
      git.ask({"config", "--get-regexp", "^remote\\..*\\.promisor$", "^true$"});
  if (partial.status == 0) {
    checks.push_back(warn("the clone is partial: a rollback may have to fetch what it lacks",
                          "git fetch --refetch --no-filter"));
  }
  if (const auto remote = mirrored_remote(git)) {
    checks.push_back(problem(
        "the repository is a mirror of '" + *remote + "': a fetch that prunes deletes the points",
        "git clone '" + first_line(git.ask({"remote", "get-url", *remote}).out) +
            "' <folder>, and git rollback init there"));
  }
}

void check_work_tree(const Repository& repository, std::vector<Check>& checks) {
  const Git& git = repository.git;
  if (repository.bare()) {
    checks.push_back(
        warn("the repository is bare: code goes back by its branch alone, and relative"
             " paths start at '" +
             repository.git_dir.string() + "'"));
    return;
  }
  if (!may_write(repository.work_tree)) {
    checks.push_back(problem("this user may not write in '" + repository.work_tree.string() + "'",
                             "run git rollback as the owner of the work tree"));
  }
  if (repository.git_dir != repository.common_dir) {
    checks.push_back(fine("a linked work tree, which shares its record with '" +
                          repository.common_dir.string() + "'"));
  }
  boost::system::error_code ignored;
  if (fs::exists(repository.work_tree / ".gitmodules", ignored)) {
    checks.push_back(
        warn("there are submodules: a rollback moves what is recorded of them, and"
             " leaves their work trees",
             "after a rollback: git submodule update --init --recursive"));
  }
  const std::string file(names::configuration_file);
  const Finished tracked = git.ask({"ls-files", "--error-unmatch", "--", file});
  if (tracked.status != 0 && fs::exists(repository.work_tree / file, ignored)) {
    checks.push_back(warn(file + " is not in git: another clone does not have it",
                          "git add " + file + " && git commit"));
  }
}

Check check_hook(const fs::path& hooks, const std::string& name) {
  const fs::path hook = hooks / name;
  const auto text = read_file_if_there(hook);
  if (!text) {
    return warn("the hook '" + hook.string() + "' is not installed: a deploy records nothing",
                "git rollback init");
  }
  if (text->find("git rollback hook " + name) == std::string::npos) {
    return warn("the hook '" + hook.string() + "' is somebody else's, and records nothing",
                "add to it: git rollback hook " + name + " \"$@\"");
  }
  if (access(hook.c_str(), X_OK) != 0) {
    return warn("the hook '" + hook.string() + "' is not executable: git passes it by",
                "chmod +x '" + hook.string() + "'");
  }
  return fine("'" + hook.string() + "' is installed");
}

// Signs an empty commit, whose object goes to a folder that is removed again.
bool can_sign(const Repository& repository) {
  boost::system::error_code error;
  const fs::path aside = fs::temp_directory_path(error) / fs::unique_path("git-rollback-%%%%%%%%");
  fs::create_directories(aside, error);
  if (error) return false;
  const Git& git = repository.git;
  auto set = record_identity(git);
  set["GIT_OBJECT_DIRECTORY"] = aside.string();
  set["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = (repository.common_dir / "objects").string();
  const Finished tree =
      git.ask({"hash-object", "-t", "tree", "-w", "--stdin"}, {.input = "", .set = set});
  const Finished commit =
      git.ask({"commit-tree", "-S", first_line(tree.out)}, {.input = "a trial\n", .set = set});
  fs::remove_all(aside, error);
  return tree.status == 0 && commit.status == 0;
}

}  // namespace

Check check_git_version(const std::string& version) {
  int major = 0, minor = 0;
  const size_t digit = version.find_first_of("0123456789");
  if (digit != std::string::npos) {
    const char* end = version.data() + version.size();
    const auto [dot, error] = std::from_chars(version.data() + digit, end, major);
    if (error == std::errc() && dot != end) std::from_chars(dot + 1, end, minor);
  }
  const std::tuple is{major, minor};
  const std::string what = first_line(version);
  if (is < needed) {
    return problem("'" + what + "' is too old: git 2.31 is needed", "apt-get install git");
  }
  if (is < comfort) {
    return warn(what + " knows no 'git hook run', and writes the record without fsync",
                "call git rollback hook pre-deploy instead");
  }
  if (is < plumbing) {
    return warn(what + " cannot keep undeployed commits where libgit2 does not open the repository",
                "apt-get install git");
  }
  return fine(what);
}

std::vector<Check> check_repository(const Repository& repository) {
  std::vector<Check> checks;
  check_work_tree(repository, checks);
  check_history(repository, checks);
  const fs::path state = names::state_directory(repository.common_dir);
  boost::system::error_code ignored;
  const fs::path folder = fs::is_directory(state, ignored) ? state : repository.common_dir;
  for (const auto& path : {folder, names::index_file(repository.common_dir),
                           names::journal_file(repository.common_dir)}) {
    if (!fs::exists(path, ignored) || may_write(path)) continue;
    checks.push_back(problem("this user may not write '" + path.string() + "'",
                             "run git rollback as the owner of the repository"));
  }
  if (checks.empty() || checks.front().level == Check::Level::ok) {
    checks.push_back(fine("'" + repository.common_dir.string() + "', environment '" +
                          repository.environment + "'"));
  }
  return checks;
}

std::vector<Check> check_hooks(const Repository& repository) {
  const fs::path hooks =
      repository.git.line({"rev-parse", "--path-format=absolute", "--git-path", "hooks"});
  return {check_hook(hooks, "pre-deploy"), check_hook(hooks, "post-deploy")};
}

std::vector<Check> check_identity(const Repository& repository) {
  std::vector<Check> checks;
  const auto ours = record_identity(repository.git);
  if (ours.empty()) {
    const std::string who = first_line(repository.git.ask({"var", "GIT_COMMITTER_IDENT"}).out);
    checks.push_back(fine("commits are by " + who.substr(0, who.find('>') + 1)));
  } else {
    checks.push_back(warn("git does not know who commits here: the record is by " +
                              ours.at("GIT_COMMITTER_NAME") + " <" +
                              ours.at("GIT_COMMITTER_EMAIL") + ">",
                          "git config user.email you@example.org, and user.name"));
  }
  if (repository.settings.flag("commit.gpgSign", false)) {
    checks.push_back(can_sign(repository)
                         ? fine("commits are signed, which works")
                         : problem("commit.gpgSign is set, and this user cannot sign here",
                                   "git config commit.gpgSign false"));
  }
  return checks;
}

}  // namespace rollback
