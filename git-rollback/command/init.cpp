#include "session/init.h"

#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"

namespace rollback {

int run_init(const Arguments& arguments) {
  for (const auto& argument : arguments) {
    if (argument == "--push-to-deploy" || argument == "--uninstall") {
      throw Usage("option '" + argument + "' is not built yet in this version");
    }
  }
  std::optional<std::string> commit;
  Options options("git rollback init [<options>]");
  options.value("--commit", "<commit>", commit, "what runs now, where that is not HEAD");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  const InitReport report = initialise(commit);
  for (const auto& line : report.done) say(printable(line));
  for (const auto& line : report.warnings) warning(line);
  if (report.done.empty() && report.warnings.empty()) say("nothing to do: all is set up");
  return exit_done;
}

}  // namespace rollback
