#include <algorithm>

#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "os/process.h"
#include "os/shell_word.h"
#include "session/deploying.h"

namespace rollback {
namespace {

// Without the lock: the command may take long, and may call our hooks.
int run_command_of(const std::string& deploy, const Arguments& command) {
  Command run_it;
  run_it.argv = command;
  run_it.set = {{nested_deploy_variable, deploy}};
  run_it.output = Command::Output::terminal;
  run_it.terminal_input = true;
  const Finished finished = run(run_it);
  if (finished.status == 127 && !finished.err.empty()) complain("error", finished.err, {});
  return finished.status;
}

void require_dashes(const Arguments& words) {
  if (words.empty() || words.front().starts_with("-")) return;
  std::string line = "git rollback deploy --";
  for (const auto& word : words) line += " " + shell_word(word);
  throw Usage("'--' is missing before the command", {line});
}

}  // namespace

int run_deploy(const Arguments& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const Arguments command(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());
  Options options("git rollback deploy -- <command> [<argument>...]");
  if (dashes == arguments.end()) require_dashes(arguments);
  if (!options.parse({arguments.begin(), dashes})) {
    say(options.help());
    return exit_usage;
  }
  if (command.empty()) {
    throw Usage("what shall be deployed is missing", {"git rollback deploy -- <command>"});
  }
  if (getenv(nested_deploy_variable) != nullptr) {
    throw Fatal("a deploy is under way already, and this is inside it");
  }
  std::string deploy;
  {
    ChangingSession changing(open_session(), "pre-deploy", short_wait);
    const DeployReport before = pre_deploy(changing);
    for (const auto& notice : before.notices) say(printable(notice));
    say("recorded point " + before.point);
    deploy = before.point;
  }
  flush_output();
  const int status = run_command_of(deploy, command);
  const DeployReport after = post_deploy(open_session(), std::min(status, 255), {}, deploy);
  for (const auto& notice : after.notices) say(printable(notice));
  if (after.problem.empty()) {
    say("deploy " + deploy + " is live" +
        (after.smoke_test_ran ? ", and passed its smoke test" : ""));
    return exit_done;
  }
  complain("error", after.problem, {"git rollback", "git rollback status"});
  return status != 0 ? status : exit_as_it_was;
}

}  // namespace rollback
