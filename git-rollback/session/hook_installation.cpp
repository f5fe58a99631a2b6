#include "session/hook_installation.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "os/file.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* hook_marker = "# git-rollback hook";

// What these say no to must not go on.
bool may_refuse(const std::string& name) { return name == "pre-deploy" || name == "update"; }

void install_hook(const fs::path& from, const fs::path& hooks, const std::string& name,
                  HookInstallation& report) {
  const std::string ours = read_file(from / name);
  const fs::path target = hooks / name;
  const auto there = read_file_if_there(target);
  if (there == ours) return;
  if (there && !is_hook_of_ours(*there)) {
    report.warnings.push_back("left the hook '" + target.string() +
                              "' alone, since it is not ours; add this line to it: git rollback "
                              "hook " +
                              name + " \"$@\"" + (may_refuse(name) ? " || exit 1" : ""));
    return;
  }
  fs::create_directories(hooks);
  replace_file(target, ours, FileMode{.mode = 0755, .uid = geteuid(), .gid = getegid()});
  report.done.push_back("installed the hook " + target.string());
}

}  // namespace

std::vector<std::string> hooks_for(const Repository& repository) {
  if (repository.push_to_deploy) return all_hooks();
  return {"pre-deploy", "post-deploy"};
}

const std::vector<std::string>& all_hooks() {
  static const std::vector<std::string> names{"pre-deploy", "post-deploy", "update",
                                              "post-receive"};
  return names;
}

fs::path hooks_directory(const Repository& repository) {
  return repository.git.line({"rev-parse", "--path-format=absolute", "--git-path", "hooks"});
}

bool is_hook_of_ours(std::string_view text) {
  return text.find(hook_marker) != std::string_view::npos;
}

HookInstallation install_hooks(const Repository& repository,
                               const std::vector<std::string>& names) {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path from = (program.parent_path() / GIT_ROLLBACK_HOOKS_DIR).lexically_normal();
  HookInstallation report;
  const fs::path hooks = hooks_directory(repository);
  for (const auto& name : names) install_hook(from, hooks, name, report);
  return report;
}

}  // namespace rollback
