#include "session/pruning.h"

#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"

namespace rollback {
namespace {

using nlohmann::json;

struct PruneOptions {
  bool dry_run = false, yes = false, json = false;
};

const char* name_of(Removal::What what) {
  switch (what) {
    case Removal::What::point:
      return "point";
    case Removal::What::backups:
      return "backups";
    case Removal::What::displaced:
      return "displaced";
    case Removal::What::rest:
      break;
  }
  return "rest";
}

json as_json(const Session& session, const PrunePlan& plan, bool removed) {
  json removals = json::array();
  for (const auto& removal : plan.removals) {
    json tables = json::array();
    for (const auto& table : removal.tables) {
      tables.push_back(
          {{"database", table.database}, {"table", table.name}, {"bytes", table.bytes}});
    }
    removals.push_back(
        {{"what", name_of(removal.what)},
         {"point", removal.point},
         {"operation", removal.operation().empty() ? json() : json(removal.operation())},
         {"tables", tables},
         {"bytes", removal.bytes()},
         {"why", removal.why}});
  }
  json releases = json::array();
  for (const auto& release : plan.releases) {
    releases.push_back({{"component", release.component}, {"release", release.name}});
  }
  return {{"format", 1},          {"environment", session.repository.environment},
          {"removed", removed},   {"removals", removals},
          {"releases", releases}, {"bytes", plan.bytes()}};
}

void show(const Session& session, const PruneOptions& options, const PrunePlan& plan,
          bool removed) {
  if (options.json) {
    print(dump(as_json(session, plan, removed)));
  } else if (!removed) {
    for (const auto& line : plan.lines()) say(printable(line));
    if (plan.nothing()) {
      say("nothing to prune");
    } else if (plan.bytes() > 0) {
      say("in all " + bytes_in_words(plan.bytes()) + " of tables");
    }
    flush_output();
    if (!session.configured().retention.limits_anything()) {
      hints({"'retention' in .rollback.yml sets no limit, so points and backups stay"});
    }
  }
}

bool agreed(const PruneOptions& options) {
  if (options.yes) return true;
  if (!options.json && can_ask()) return ask("Remove this for good?");
  complain("error", "nothing was removed: without a terminal nobody can be asked",
           {"run it with --yes"});
  return false;
}

int look(const PruneOptions& options) {
  Session session = open_session();
  choose_colour(session.repository.settings);
  show(session, options, plan_prune(session), false);
  return exit_done;
}

int remove(const PruneOptions& options) {
  ChangingSession changing(open_session(), "prune", short_wait);
  choose_colour(changing.repository().settings);
  const PrunePlan plan = plan_prune(changing.session());
  const bool will_run = options.yes && !plan.nothing();
  if (!options.json || !will_run) show(changing.session(), options, plan, false);
  if (plan.nothing()) return exit_done;
  if (!agreed(options)) return exit_as_it_was;
  prune(changing, plan);
  if (options.json) {
    show(changing.session(), options, plan, true);
  } else {
    say("removed");
  }
  return exit_done;
}

}  // namespace

int run_prune(const Arguments& arguments) {
  PruneOptions values;
  Options options("git rollback prune [<options>]");
  options.flag("-n,--dry-run", values.dry_run, "show what would go, remove nothing")
      .flag("-y,--yes", values.yes, "do not ask")
      .flag("--json", values.json, "print what goes as JSON");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  return values.dry_run ? look(values) : remove(values);
}

}  // namespace rollback
