#include "command/hook_push.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <iostream>

#include "cli/options.h"
#include "cli/terminal.h"
#include "os/error.h"
#include "session/push_acceptance.h"
#include "session/push_deployment.h"
#include "session/push_to_deploy.h"

namespace rollback {
namespace {

// On the standard error, since git may hold back what it gets on the other one
// until we end.
void tell_pusher(const std::string& line) { note(printable(line)); }

void pass_on(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(STDERR_FILENO, bytes.data(), bytes.size());
    if (n < 0) return;  // nobody reads any more; the log has it
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

std::string on_the_server() {
  const passwd* user = getpwuid(geteuid());
  return "on the server" +
         (user != nullptr ? ", as user '" + std::string(user->pw_name) + "'" : "");
}

// What an error wants typed is typed where the repository is, not where the
// push came from.
std::vector<std::string> for_the_server(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  // git runs its hooks in the bare repository
  std::vector<std::string> hints{on_the_server() + ", in " +
                                 boost::filesystem::current_path().string() + ":"};
  hints.insert(hints.end(), lines.begin(), lines.end());
  return hints;
}

// Whoever pushes may leave or press Ctrl-C: what was taken is deployed to the
// end. Handlers, and not SIG_IGN, which the build command would inherit.
void outlive_the_pusher() {
  setpgid(0, 0);
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGHUP}) sigaction(signal, &nothing, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

// "<old> <new> <ref>", a line each.
std::vector<RefUpdate> read_updates() {
  std::vector<RefUpdate> updates;
  for (std::string line; std::getline(std::cin, line);) {
    const size_t first = line.find(' ');
    const size_t second = first == std::string::npos ? first : line.find(' ', first + 1);
    if (second == std::string::npos) throw Usage("'" + line + "' is no line that git gives");
    updates.push_back({.ref = line.substr(second + 1),
                       .old_id = line.substr(0, first),
                       .new_id = line.substr(first + 1, second - first - 1)});
  }
  return updates;
}

int report_to_pusher(const PushDeployed& report) {
  const std::string what =
      report.deploy.empty() ? report.commit.substr(0, 10) : "deploy " + report.deploy;
  if (!report.problem.empty()) {
    complain("error", "the push was taken, but its deploy failed: " + report.problem, {});
    if (!report.hints.empty()) hints({on_the_server() + ":"});
    hints(report.hints);
    return exit_as_it_was;
  }
  tell_pusher(what + " is live" + (report.smoke_test_ran ? ", and passed its smoke test" : ""));
  return exit_done;
}

}  // namespace

int update_hook(const Arguments& arguments) {
  std::string ref, old_id, new_id;
  Options options("git rollback hook update <ref> <old> <new>");
  options.positional("ref", ref).positional("old", old_id).positional("new", new_id);
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  try {
    accept_push({.ref = ref, .old_id = old_id, .new_id = new_id}, tell_pusher);
  } catch (const Error& error) {
    complain("error", std::string("this push is refused: ") + error.what(),
             for_the_server(error.hints()));
    return exit_as_it_was;
  }
  return exit_done;
}

int post_receive_hook(const Arguments& arguments) {
  Options options("git rollback hook post-receive");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  outlive_the_pusher();
  try {
    const PushDeployed report = deploy_push(read_updates(), tell_pusher, pass_on);
    return report.deployed ? report_to_pusher(report) : exit_done;
  } catch (const Error& error) {
    complain("error", std::string("the push was taken, but its deploy went wrong: ") + error.what(),
             for_the_server(error.hints()));
    return exit_as_it_was;
  }
}

}  // namespace rollback
