#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/counted.h"
#include "os/error.h"
#include "part/database/database_part.h"
#include "session/parts.h"
#include "session/selection.h"
#include "session/session.h"

namespace rollback {
namespace {

// As a client of MySQL or MariaDB takes it on its standard input.
void show(const std::vector<Procedure>& procedures) {
  say("DELIMITER ;;");
  for (const auto& procedure : procedures) say(procedure.sql + " ;;");
  say("DELIMITER ;");
}

void tell(const Procedures& procedures) {
  std::int64_t of_tables = 0;
  std::string example;
  for (const auto& procedure : *procedures.made) {
    if (procedure.table.empty()) continue;
    ++of_tables;
    if (example.empty()) example = procedure.name;
  }
  say("installed " + counted(of_tables, "procedure") + " in database '" +
      printable(procedures.database) + "'" +
      (example.empty() ? "" : ", such as CALL `" + printable(example) + "`('20240123')"));
}

}  // namespace

int run_install_procedures(const Arguments& arguments) {
  std::string components;
  bool dry_run = false;
  Options options("git rollback install-procedures [--component <list>] [-n]");
  options.list("--component,--components", "<list>", components, "of these components alone")
      .flag("-n,--dry-run", dry_run, "print the SQL and change nothing");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  const Session session = open_session();
  const auto& configuration = session.configured();
  const Selection selection = parse_selection(components, configuration);
  bool any = false;
  for (const auto& component : configuration.components) {
    const auto found = selection.find(component.name);
    if (found == selection.end() || !found->second.contains(Kind::database)) continue;
    any = true;
    for (const auto& one : procedures_of(component.name, databases_of(session, component),
                                         session.base(), session.repository.git, !dry_run)) {
      if (!one.made) {
        warning("SQLite has no procedures: none for database '" + printable(one.database) + "'");
      } else if (dry_run) {
        show(*one.made);
      } else {
        tell(one);
      }
    }
  }
  if (!any) throw Usage("no database is among the components", {"git rollback doctor"});
  return exit_done;
}

}  // namespace rollback
