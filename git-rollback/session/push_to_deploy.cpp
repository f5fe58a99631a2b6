#include "session/push_to_deploy.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "os/counted.h"
#include "os/error.h"
#include "os/shell_word.h"
#include "session/deployed_tree.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* work_tree_key = "rollback.deployWorkTree";
constexpr const char* branch_key = "rollback.deployBranch";
constexpr const char* command_key = "rollback.deployCommand";

constexpr std::string_view branch_prefix = "refs/heads/";

std::string in_quotes(const std::string& text) { return "'" + text + "'"; }

bool is_inside(const fs::path& path, const fs::path& folder) {
  const std::string relative = path.lexically_relative(folder).string();
  return relative == "." || (!relative.empty() && !relative.starts_with(".."));
}

void require_bare(const Repository& repository) {
  if (repository.push_to_deploy || repository.bare()) return;
  const std::string top = repository.work_tree.string();
  throw Fatal("this repository has a work tree of its own; pushes are deployed from a bare one",
              {"git clone --bare " + shell_word(top) + " " + shell_word(top + ".git"),
               "cd " + shell_word(top + ".git"),
               "git rollback init --push-to-deploy --work-tree <folder>"});
}

// The folder may be missing, but nothing above it.
fs::path checked_work_tree(const Repository& repository, const std::string& named) {
  if (named.empty()) throw Usage("option '--work-tree' requires a folder");
  fs::path folder = fs::absolute(named).lexically_normal();
  if (folder.filename() == ".") folder = folder.parent_path();  // "srv/app/"
  boost::system::error_code error;
  const fs::path parent = fs::canonical(folder.parent_path(), error);
  if (error || !fs::is_directory(parent)) {
    throw Fatal("there is no folder " + in_quotes(folder.parent_path().string()) + " to make " +
                    in_quotes(folder.filename().string()) + " in",
                {"mkdir -p " + shell_word(folder.parent_path().string())});
  }
  folder = fs::exists(folder) ? fs::canonical(folder) : parent / folder.filename();
  const std::string text = in_quotes(folder.string());
  if (fs::exists(folder) && !fs::is_directory(folder)) throw Fatal(text + " is no folder");
  const fs::path git_dir = fs::canonical(repository.git_dir);
  if (is_inside(folder, git_dir)) {
    throw Fatal("the work tree " + text + " would be inside the repository " +
                in_quotes(git_dir.string()));
  }
  if (is_inside(git_dir, folder)) {
    throw Fatal("the repository " + in_quotes(git_dir.string()) +
                    " is inside the work tree, so that a push could overwrite it",
                {"name a folder that does not hold it"});
  }
  if (fs::exists(folder / ".git")) {
    throw Fatal(
        text + " is the work tree of another repository",
        {"name a folder of its own, or move " + shell_word((folder / ".git").string()) + " away"});
  }
  if (access(fs::exists(folder) ? folder.c_str() : parent.c_str(), W_OK | X_OK) != 0) {
    throw Fatal("cannot write into " + in_quotes((fs::exists(folder) ? folder : parent).string()));
  }
  return folder;
}

std::string head_branch(const Git& git) {
  const Finished answer = git.ask({"symbolic-ref", "--quiet", "HEAD"});
  return answer.status == 0 ? answer.out.substr(0, answer.out.find('\n')) : "";
}

std::string checked_branch(const Repository& repository, const std::string& named) {
  const Finished answer = repository.git.ask({"check-ref-format", "--branch", named});
  if (answer.status != 0 || named.starts_with('-')) {
    throw Usage(in_quotes(named) + " is no valid name of a branch");
  }
  return std::string(branch_prefix) + named;
}

std::string chosen_branch(const Repository& repository, const PushToDeploySetUp& request) {
  if (request.branch) return checked_branch(repository, *request.branch);
  if (const auto set = repository.settings.text(branch_key)) {
    return checked_branch(repository, *set);
  }
  const std::string head = head_branch(repository.git);
  if (head.starts_with(branch_prefix)) return head;
  throw Fatal("HEAD of this repository is on no branch, so the one to deploy has to be named",
              {"git rollback init --push-to-deploy --branch <name> …"});
}

CommandLine set_command(const Git& git) {
  CommandLine command;
  const std::string values = git.ask({"config", "--local", "-z", "--get-all", command_key}).out;
  for (const auto value : split(values, '\0')) command.emplace_back(value);
  return command;
}

// True when that changed anything.
bool write_settings(const Repository& repository, const std::string& branch,
                    const CommandLine& command, const fs::path& folder) {
  const Git& git = repository.git;
  const auto set = [&](const char* key, const std::string& value) {
    if (repository.settings.text(key) == value) return false;
    git.run({"config", "--local", key, value});
    return true;
  };
  bool changed = set(branch_key, branch);
  if (!command.empty() && command != set_command(git)) {
    git.ask({"config", "--local", "--unset-all", command_key});
    for (const auto& word : command) git.run({"config", "--local", "--add", command_key, word});
    changed = true;
  }
  return set(work_tree_key, folder.string()) || changed;  // last, since it switches it on
}

// What another tool checked out is what runs today.
void take_for_checkout_of_head(const Git& git, InitReport& report) {
  const Finished head = git.ask({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  if (head.status != 0 || fs::is_empty(git.work_tree())) return;
  if (!fs::exists(git.git_dir() / "index")) git.run({"read-tree", "HEAD"});
  const auto changed = local_changes(git);
  if (changed.empty()) return;
  report.warnings.push_back(counted(static_cast<std::int64_t>(changed.size()), "file") + " in " +
                            in_quotes(git.work_tree().string()) +
                            (changed.size() == 1 ? " differs" : " differ") +
                            " from HEAD, such as " + in_quotes(changed.front()) +
                            ": a push that changes such a file will be refused");
}

}  // namespace

std::string branch_name(const std::string& ref) {
  return ref.starts_with(branch_prefix) ? ref.substr(branch_prefix.size()) : ref;
}

std::string command_on_server(const Repository& repository, const std::string& rest) {
  return "git --git-dir=" + shell_word(repository.git_dir.string()) + " rollback" +
         (rest.empty() ? "" : " " + rest);
}

void remove_push_to_deploy_settings(const Repository& repository) {
  for (const char* key : {command_key, branch_key, work_tree_key}) {
    repository.git.ask({"config", "--local", "--unset-all", key});
  }
}

PushToDeploy push_to_deploy_of(const Repository& repository) {
  const std::string branch = repository.settings.text(branch_key).value_or("");
  if (branch.empty()) {
    throw Usage(std::string(branch_key) + " is not set",
                {"git rollback init --push-to-deploy --branch <name>"});
  }
  return {.branch = checked_branch(repository, branch), .command = set_command(repository.git)};
}

void require_head_on(const Repository& repository, const std::string& branch) {
  const std::string head = head_branch(repository.git);
  if (head == branch) return;
  throw Refused("HEAD of the repository is " +
                    (head.empty() ? "detached" : "on " + in_quotes(branch_name(head))) +
                    ", not on " + in_quotes(branch_name(branch)) +
                    ", and it is HEAD's branch that a rollback moves",
                {"git --git-dir=" + shell_word(repository.git_dir.string()) +
                 " symbolic-ref HEAD " + shell_word(branch)});
}

InitReport set_up_push_to_deploy(const PushToDeploySetUp& request) {
  const Repository repository = find_repository();
  require_bare(repository);
  if (!request.work_tree && !repository.push_to_deploy) {
    throw Usage("where pushes shall be deployed is missing",
                {"git rollback init --push-to-deploy --work-tree <folder>"});
  }
  const fs::path folder = checked_work_tree(
      repository, request.work_tree ? *request.work_tree : repository.work_tree.string());
  const std::string branch = chosen_branch(repository, request);
  require_head_on(repository, branch);
  InitReport report;
  if (!fs::exists(folder)) {
    fs::create_directory(folder);
    report.done.push_back("made the folder " + in_quotes(folder.string()));
  }
  if (write_settings(repository, branch_name(branch), request.command, folder)) {
    report.done.push_back("pushes to " + in_quotes(branch_name(branch)) + " are deployed into " +
                          in_quotes(folder.string()));
  }
  take_for_checkout_of_head(Git(repository.git_dir, folder), report);
  return report;
}

}  // namespace rollback
