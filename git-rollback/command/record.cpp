#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "session/deploying.h"

namespace rollback {

int run_record(const Arguments& arguments) {
  for (const auto& argument : arguments) {
    for (const std::string name : {"--commit", "--release", "--at"}) {
      if (argument == name || argument.starts_with(name + "=")) {
        throw Usage("option '" + name + "' is not built yet in this version");
      }
    }
  }
  std::optional<std::string> version, reason;
  std::string components;
  Options options("git rollback record [<options>]");
  options.value("--version", "<version>", version, "what this state is called")
      .list("--component,--components", "<names>", components, "only these")
      .value("--reason", "<text>", reason, "why, for the record");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  ChangingSession changing(open_session(), "record", short_wait);
  const DeployReport report = record_now(changing, printable(version.value_or("")), components,
                                         printable(reason.value_or("")));
  for (const auto& notice : report.notices) say(printable(notice));
  say("recorded point " + report.point);
  return exit_done;
}

}  // namespace rollback
