#include "session/trust.h"

#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"

namespace rollback {
namespace {

void show(const TrustSubject& subject) {
  Table table;
  for (const auto& [key, command] : subject.commands) {
    std::string line;
    for (const auto& argument : command) line += (line.empty() ? "" : " ") + printable(argument);
    table.row({key, line});
  }
  print(table.text("  "));
  for (const auto& file : subject.files) {
    say("  " + printable(file.path) + " as it is now, sha256 " + file.sha256.substr(0, 16) + "…");
  }
  flush_output();
}

}  // namespace

int run_trust(const Arguments& arguments) {
  bool yes = false, system = false;
  Options options("git rollback trust [--yes] [--system]");
  options.flag("-y,--yes", yes, "do not ask")
      .flag("--system", system, "for every user of this machine; needs root");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  const Session session = open_session();
  const TrustSubject subject = trust_subject(session);
  if (subject.commands.empty()) {
    say("there are no commands in .rollback.yml, so nothing needs trust");
    return exit_done;
  }
  say("these commands will be allowed to run:");
  show(subject);
  if (!yes) {
    if (!can_ask()) throw Refused("nothing was trusted: nobody can be asked here", {"--yes"});
    if (!ask("Trust them?")) return exit_as_it_was;
  }
  const auto file = trust(session, system ? TrustFor::everybody : TrustFor::this_user);
  say("trusted, in " + file.string());
  return exit_done;
}

}  // namespace rollback
