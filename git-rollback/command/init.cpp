#include "session/init.h"

#include <algorithm>

#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "session/push_to_deploy.h"

namespace rollback {
namespace {

void print(const InitReport& report) {
  for (const auto& line : report.done) say(printable(line));
  for (const auto& line : report.warnings) warning(line);
}

}  // namespace

int run_init(const Arguments& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  bool push_to_deploy = false, uninstalling = false, yes = false;
  PushToDeploySetUp request;
  request.command.assign(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());
  std::optional<std::string> commit;
  Options options(
      "git rollback init [--commit <commit>]\n"
      "   or: git rollback init --push-to-deploy --work-tree <folder> [--branch <name>]"
      " [-- <command> [<argument>...]]\n"
      "   or: git rollback init --uninstall [-y | --yes]");
  options.value("--commit", "<commit>", commit, "what runs now, where that is not HEAD")
      .flag("--push-to-deploy", push_to_deploy,
            "in a bare repository: deploy what is pushed to its deploy branch")
      .value("--work-tree", "<folder>", request.work_tree, "where pushes are checked out and built")
      .value("--branch", "<name>", request.branch, "the branch to deploy; else HEAD's")
      .flag("--uninstall", uninstalling, "take away our hooks, the record and local state")
      .flag("-y,--yes", yes, "with --uninstall: do not ask");
  if (!options.parse({arguments.begin(), dashes})) {
    say(options.help());
    return exit_usage;
  }
  if (uninstalling && (push_to_deploy || commit)) throw Usage("--uninstall stands alone");
  if (uninstalling) return run_uninstall(yes);
  if (yes) throw Usage("--yes is for --uninstall; without it nothing is asked");
  if (!push_to_deploy && (request.work_tree || request.branch || dashes != arguments.end())) {
    throw Usage("a work tree, a branch and a build command are for pushes that are deployed",
                {"git rollback init --push-to-deploy --work-tree <folder>"});
  }
  if (dashes != arguments.end() && request.command.empty()) {
    throw Usage("the build command after '--' is missing");
  }
  InitReport report;
  if (push_to_deploy) report = set_up_push_to_deploy(request);
  const InitReport more = initialise(commit);
  report.done.insert(report.done.end(), more.done.begin(), more.done.end());
  report.warnings.insert(report.warnings.end(), more.warnings.begin(), more.warnings.end());
  print(report);
  if (report.done.empty() && report.warnings.empty()) say("nothing to do: all is set up");
  return exit_done;
}

}  // namespace rollback
