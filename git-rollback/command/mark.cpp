#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "session/standing.h"
#include "session/target.h"

namespace rollback {

int run_mark(const Arguments& arguments) {
  std::string word, verdict;
  std::optional<std::string> reason;
  Options options("git rollback mark <point> (stable | failed) [--reason <text>]");
  options.positional("point", word)
      .positional("verdict", verdict)
      .value("--reason", "<text>", reason, "why, for the record");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  require_one_of("the verdict", verdict, {"stable", "failed"});
  ChangingSession changing(open_session(), "mark", short_wait);
  const Standing standing = look_around(changing.session());
  const auto point = find_point(changing.session(), standing, word);
  if (!point) throw Usage("'" + word + "' names no point", {"git rollback list"});
  nlohmann::json more{{"point", point->id}, {"verdict", verdict}, {"host", host_name()}};
  if (reason) more["reason"] = printable(*reason);
  publish(changing.git(), changing.journal(),
          {.refs = {},
           .events = {
               make_event(point->commit, changing.environment(), point->deploy, "verdict", more)}});
  say("marked " + point->id + " as " + verdict);
  return exit_done;
}

}  // namespace rollback
