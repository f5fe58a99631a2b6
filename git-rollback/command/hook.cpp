#include <charconv>

#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "command/hook_push.h"
#include "os/error.h"
#include "session/deploying.h"

namespace rollback {
namespace {

void tell(const DeployReport& report) {
  for (const auto& notice : report.notices) say(printable(notice));
}

int pre_deploy_hook(const Arguments& arguments) {
  Options options("git rollback hook pre-deploy");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  if (const char* deploy = getenv(nested_deploy_variable)) {
    say("the point " + printable(deploy) + " of this deploy is recorded already");
    return exit_done;
  }
  ChangingSession changing(open_session(), "pre-deploy", short_wait);
  const DeployReport report = pre_deploy(changing);
  tell(report);
  say("recorded point " + report.point);
  return exit_done;
}

int status_from(const std::optional<std::string>& word) {
  int status = 0;
  if (!word) throw Usage("--status is missing", {"git rollback hook post-deploy --status 0"});
  const char* end = word->data() + word->size();
  const auto [stop, error] = std::from_chars(word->data(), end, status);
  if (error != std::errc() || stop != end || status < 0 || status > 255) {
    throw Usage("'" + *word + "' is no exit status: allowed are 0 to 255",
                {"git rollback hook post-deploy --status 0"});
  }
  return status;
}

int post_deploy_hook(const Arguments& arguments) {
  std::optional<std::string> status, commit;
  Options options("git rollback hook post-deploy --status <n> [--commit <commit>]");
  options.value("--status", "<n>", status, "how the deploy went: its exit status")
      .value("--commit", "<commit>", commit, "what was deployed, where it is not HEAD");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  const int value = status_from(status);
  if (getenv(nested_deploy_variable) != nullptr) {
    say("git rollback deploy will record how this deploy went");
    return exit_done;
  }
  const DeployReport report = post_deploy(open_session(), value, commit);
  tell(report);
  if (value == 0 && !report.problem.empty()) {
    complain("error", report.problem, {"git rollback", "git rollback status"});
    return exit_as_it_was;
  }
  say("deploy " + report.point + " is live" +
      (value != 0              ? ", and failed"
       : report.smoke_test_ran ? ", and passed its smoke test"
                               : ""));
  return exit_done;
}

struct Hook {
  const char* name;
  int (*run)(const Arguments&);
};

constexpr Hook table[] = {{"pre-deploy", pre_deploy_hook},
                          {"post-deploy", post_deploy_hook},
                          {"update", update_hook},
                          {"post-receive", post_receive_hook}};

}  // namespace

int run_hook(const Arguments& arguments) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  const Arguments rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  for (const auto& hook : table) {
    if (name == hook.name) return hook.run(rest);
  }
  if (name.starts_with("-")) {
    Options options(
        "git rollback hook pre-deploy\n"
        "   or: git rollback hook post-deploy --status <n> [--commit <commit>]\n"
        "   or: git rollback hook update <ref> <old> <new>\n"
        "   or: git rollback hook post-receive");
    options.subcommands({"pre-deploy", "post-deploy", "update", "post-receive"});
    if (!options.parse(arguments)) {
      say(options.help());
      return exit_usage;
    }
  }
  throw Usage(name.empty() ? "which hook?" : "'" + name + "' is no hook of git rollback",
              {"git rollback hook pre-deploy", "git rollback hook post-deploy --status 0"});
}

}  // namespace rollback
