#include "session/pruning.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/bytes_in_words.h"
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
  return {{"format", 1},
          {"environment", session.repository.environment},
          {"removed", removed},
          {"removals", removals},
          {"releases", releases},
          {"bytes", plan.bytes()},
          {"staying", {{"needed", plan.staying.needed}, {"displaced", plan.staying.displaced}}}};
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
    if (plan.staying.points() > 0) say(plan.staying.words());
    flush_output();
    if (!session.configured().retention.limits_anything()) {
      hints({"'retention' in .rollback.yml sets no limit, so points and backups stay"});
    }
  }
}

bool agreed(const PruneOptions& options) {
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

// Sizes may differ: tables are measured anew each time.
bool take_the_same(const PrunePlan& one, const PrunePlan& other) {
  const auto same_table = [](const KeptTable& a, const KeptTable& b) {
    return a.database == b.database && a.name == b.name;
  };
  const auto same_removal = [&](const Removal& a, const Removal& b) {
    return a.what == b.what && a.point == b.point &&
           std::equal(a.tables.begin(), a.tables.end(), b.tables.begin(), b.tables.end(),
                      same_table);
  };
  const auto same_release = [](const PrunePlan::Release& a, const PrunePlan::Release& b) {
    return a.component == b.component && a.name == b.name;
  };
  return std::equal(one.removals.begin(), one.removals.end(), other.removals.begin(),
                    other.removals.end(), same_removal) &&
         std::equal(one.releases.begin(), one.releases.end(), other.releases.begin(),
                    other.releases.end(), same_release);
}

int carry_out(ChangingSession& changing, const PruneOptions& options, const PrunePlan& plan) {
  prune(changing, plan);
  if (options.json) {
    show(changing.session(), options, plan, true);
  } else {
    say("removed");
  }
  return exit_done;
}

int remove(const PruneOptions& options) {
  ChangingSession changing(open_session(), "prune", short_wait);
  choose_colour(changing.repository().settings);
  const PrunePlan plan = plan_prune(changing.session());
  if (!options.json || plan.nothing()) show(changing.session(), options, plan, false);
  return plan.nothing() ? exit_done : carry_out(changing, options, plan);
}

// Without the lock while somebody thinks, since a deploy would wait for it.
int ask_and_remove(const PruneOptions& options) {
  Session session = open_session();
  choose_colour(session.repository.settings);
  const PrunePlan shown = plan_prune(session);
  show(session, options, shown, false);
  if (shown.nothing()) return exit_done;
  if (!agreed(options)) return exit_as_it_was;
  ChangingSession changing(open_session(), "prune", short_wait);
  const PrunePlan plan = plan_prune(changing.session());
  if (!take_the_same(plan, shown)) {
    throw Refused("nothing was removed: what would go has changed since it was shown",
                  {"look again: git rollback prune"});
  }
  return carry_out(changing, options, plan);
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
  if (values.dry_run) return look(values);
  return values.yes ? remove(values) : ask_and_remove(values);
}

}  // namespace rollback
