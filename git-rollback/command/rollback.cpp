// The verb that has no name: git rollback.
#include <algorithm>
#include <array>

#include "cli/terminal.h"
#include "command/command.h"
#include "command/conflict_report.h"
#include "command/rolling.h"
#include "os/error.h"
#include "session/conflicted.h"

namespace rollback {
namespace {

struct NotBuilt {
  const char *option, *instead;
};
constexpr std::array<NotBuilt, 2> not_built{{
    {"--schedule", "at or cron can run it: git rollback --target <point> --yes"},
    {"--canary", "without it all goes back at once: git rollback"},
}};

void refuse_what_is_not_built(const Arguments& arguments) {
  for (const auto& argument : arguments) {
    for (const auto& [option, instead] : not_built) {
      const std::string name = option;
      if (argument == name || argument.starts_with(name + "=")) {
        throw Usage("option '" + name + "' is not built yet in this version", {instead});
      }
    }
  }
}

std::string help_of_verbs() {
  std::string text = "\nVerbs, each with -h:\n";
  std::string later;
  size_t longest = 0;
  for (const auto& verb : verbs()) {
    if (verb.run != nullptr) longest = std::max(longest, std::string_view(verb.name).size());
  }
  for (const auto& verb : verbs()) {
    if (verb.run == nullptr) {
      later += (later.empty() ? "" : ", ") + std::string(verb.name);
      continue;
    }
    std::string line = "    " + std::string(verb.name);
    line.resize(4 + longest + 2, ' ');
    text += line + verb.summary + "\n";
  }
  return text + "\nNot built yet: " + later + "\n";
}

std::vector<std::string> names_of_verbs() {
  std::vector<std::string> names;
  for (const auto& verb : verbs()) {
    if (verb.run != nullptr) names.emplace_back(verb.name);
  }
  return names;
}

int go_on_with_it(const std::string& components) {
  ChangingSession changing(open_session(), "rollback", no_wait, InFlight::is_wanted);
  choose_colour(changing.repository().settings);
  if (components.empty() && waits_for_person(changing)) return continue_and_report(changing);
  const RollbackReport report = continue_operation(changing, components);
  const int code = report_outcome(report);
  return report.not_cleaned.empty() ? code : exit_as_it_was;  // it was to end it
}

int take_back(const std::string& components) {
  ChangingSession changing(open_session(), "rollback", no_wait, InFlight::is_wanted);
  choose_colour(changing.repository().settings);
  return report_outcome(abort_operation(changing, components));
}

int quit() {
  ChangingSession changing(open_session(), "rollback", no_wait, InFlight::is_wanted);
  choose_colour(changing.repository().settings);
  const RollbackReport report = quit_operation(changing);
  if (report.gave_up() || report.outcome == Outcome::done) return report_outcome(report);
  say("forgot operation " + report.operation + ", which had not changed anything yet");
  return exit_done;
}

// Beside --continue and --abort nothing else stands but --components.
void require_alone(const Arguments& arguments, const std::string& components) {
  size_t others = arguments.size() - 1;
  for (size_t i = 0; i < arguments.size() && !components.empty(); ++i) {
    const std::string name = arguments[i].substr(0, arguments[i].find('='));
    if (name != "--component" && name != "--components") continue;
    const bool value_follows = name == arguments[i];
    others -= value_follows ? 2 : 1;
    if (value_follows) ++i;
  }
  if (others == 0) return;
  throw Usage(
      "--continue, --abort and --quit stand alone, but for --components beside the first two");
}

}  // namespace

int run_rollback(const Arguments& arguments) {
  refuse_what_is_not_built(arguments);
  RollingOptions values;
  bool go_on = false, abort = false, forget = false;
  Options options(
      "git rollback [<options>]\n"
      "   or: git rollback (--continue | --abort) [--components <names>]\n"
      "   or: git rollback --quit\n"
      "   or: git rollback <verb> [<options>]");
  options.subcommands(names_of_verbs())
      .value("--target", "<point>", values.target,
             "last_stable (the default), previous, a point, tag, version, commit or time")
      .list("--component,--components", "<names>", values.components,
            "components and parts: playerbot, code,config, playerbot/db")
      .flag("--emergency", values.emergency, "do not ask; leave the database rather than lose rows")
      .flag("--branch-only", values.branch_only,
            "make the branch with the code's commit, and nothing else")
      .flag("--again", values.again, "go back further, or to what was rolled back from")
      .flag("--drop-undeployed", values.drop_undeployed, "undo commits not deployed yet, too")
      .list("--preserve", "<list>", values.preserve,
            "keep these, too: classes of commit, commits; none: only these")
      .list("--no-preserve", "<commits>", values.no_preserve, "do not keep these");
  add_common_options(options, values);
  options.flag("--continue", go_on, "go forward with an operation that stopped")
      .flag("--abort", abort, "take back an operation that stopped")
      .flag("--quit", forget, "forget one that changed nothing, or of which no part can go");
  if (!options.parse(arguments)) {
    say(options.help() + help_of_verbs());
    return exit_usage;
  }
  if (go_on || abort || forget) {
    require_alone(arguments, forget ? "" : values.components);
    if (forget) return quit();
    return go_on ? go_on_with_it(values.components) : take_back(values.components);
  }
  return plan_and_run(values, plan_rollback);
}

}  // namespace rollback
