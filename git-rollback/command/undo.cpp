#include "cli/terminal.h"
#include "command/command.h"
#include "command/rolling.h"

namespace rollback {

int run_undo(const Arguments& arguments) {
  RollingOptions values;
  Options options("git rollback undo [<options>]");
  add_common_options(options, values);
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  return plan_and_run(values, plan_undo);
}

}  // namespace rollback
