// git rollback init --uninstall
#include "session/uninstall.h"

#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "session/standing.h"

namespace rollback {

namespace {

Session open_with_any_configuration() {
  Session session = open_session();
  borrow_configuration(session);
  return session;
}

void show(const UninstallPlan& plan) {
  say("this is taken away:");
  for (const auto& line : plan.lines()) say("  " + printable(line));
  if (!plan.stays.empty()) say("this stays:");
  for (const auto& line : plan.stays) say("  " + printable(line));
  flush_output();
}

}  // namespace

int run_uninstall(bool yes) {
  // Without the lock while somebody thinks, since a deploy would wait for it.
  Session session = open_with_any_configuration();
  const UninstallPlan shown = plan_uninstall(session);
  if (shown.nothing()) {
    say("nothing to do: nothing of git-rollback is here");
    return exit_done;
  }
  if (!yes) {
    show(shown);
    if (!can_ask()) {
      complain("error", "nothing was changed: without a terminal nobody can be asked",
               {"run it with --yes"});
      return exit_as_it_was;
    }
    if (!ask("Take it away?")) return exit_as_it_was;
    session = open_with_any_configuration();
  }
  ChangingSession changing(std::move(session), "init --uninstall", short_wait);
  const UninstallPlan plan = plan_uninstall(changing.session());
  if (yes) {
    show(plan);
  } else if (!plan.takes_the_same(shown)) {
    throw Refused("nothing was changed: what would go has changed since it was shown",
                  {"look again: git rollback init --uninstall"});
  }
  uninstall(changing, plan);
  say("taken away; to begin again: git rollback init");
  return exit_done;
}

}  // namespace rollback
