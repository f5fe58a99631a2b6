#include "session/init.h"

#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"

namespace rollback {

int run_init(const Arguments& arguments) {
  for (const auto& argument : arguments) {
    if (argument == "--push-to-deploy") {
      throw Usage("option '" + argument + "' is not built yet in this version");
    }
  }
  bool uninstalling = false, yes = false;
  Options options("git rollback init [<options>]");
  options.flag("--uninstall", uninstalling, "take away our hooks, the record and local state")
      .flag("-y,--yes", yes, "with --uninstall: do not ask");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  if (uninstalling) return run_uninstall(yes);
  if (yes) throw Usage("--yes is for --uninstall; without it nothing is asked");
  const InitReport report = initialise();
  for (const auto& line : report.done) say(printable(line));
  for (const auto& line : report.warnings) warning(line);
  if (report.done.empty() && report.warnings.empty()) say("nothing to do: all is set up");
  return exit_done;
}

}  // namespace rollback
