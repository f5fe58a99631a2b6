// git rollback init --uninstall
#include "session/uninstall.h"

#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "session/standing.h"

namespace rollback {

int run_uninstall(bool yes) {
  Session session = open_session();
  borrow_configuration(session);
  if (plan_uninstall(session).nothing()) {
    say("nothing to do: nothing of git-rollback is here");
    return exit_done;
  }
  ChangingSession changing(std::move(session), "init --uninstall", short_wait);
  const UninstallPlan plan = plan_uninstall(changing.session());
  say("this is taken away:");
  for (const auto& line : plan.lines()) say("  " + printable(line));
  if (!plan.stays.empty()) say("this stays:");
  for (const auto& line : plan.stays) say("  " + printable(line));
  flush_output();
  if (!yes && !can_ask()) {
    complain("error", "nothing was changed: without a terminal nobody can be asked",
             {"run it with --yes"});
    return exit_as_it_was;
  }
  if (!yes && !ask("Take it away?")) return exit_as_it_was;
  uninstall(changing, plan);
  say("taken away; to begin again: git rollback init");
  return exit_done;
}

}  // namespace rollback
