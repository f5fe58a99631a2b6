#include "cli/options.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "session/backfill.h"
#include "session/deploying.h"
#include "session/doctor.h"

namespace rollback {
namespace {

struct RecordOptions {
  std::optional<std::string> version, reason, commit, at;
  std::string components, releases;
};

int record_the_past(const RecordOptions& options) {
  ChangingSession changing(open_session(), "record", short_wait);
  const BackfillReport report =
      backfill(changing, {.at = *options.at,
                          .commit = options.commit,
                          .releases = options.releases,
                          .components = options.components,
                          .version = printable(options.version.value_or("")),
                          .reason = printable(options.reason.value_or(""))});
  for (const auto& notice : report.notices) say(printable(notice));
  say("recorded point " + report.point);
  hints(
      {"last_stable does not come by it; to go back to it: git rollback --target " + report.point});
  return exit_done;
}

int record_today(const RecordOptions& options) {
  ChangingSession changing(open_session(), "record", short_wait);
  const DeployReport report =
      record_now(changing, {.version = printable(options.version.value_or("")),
                            .components = options.components,
                            .reason = printable(options.reason.value_or("")),
                            .commit = options.commit,
                            .releases = options.releases});
  for (const auto& notice : report.notices) say(printable(notice));
  say("recorded point " + report.point);
  for (const auto& [about, check] : quick_checks(changing.session())) {
    if (check.level == Check::Level::problem) warning(about + ": " + check.what);
  }
  return exit_done;
}

}  // namespace

int run_record(const Arguments& arguments) {
  RecordOptions values;
  Options options("git rollback record [<options>]");
  options.value("--version", "<version>", values.version, "what this state is called")
      .list("--component,--components", "<names>", values.components, "only these")
      .value("--at", "<time>", values.at, "what was live then, and not what is live now")
      .value("--commit", "<commit>", values.commit, "the commit that was live")
      .list("--release", "<name>", values.releases,
            "the release that was live; <component>=<name> where several have releases")
      .value("--reason", "<text>", values.reason, "why, for the record");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool empty =
        arguments[i] == "--release" && i + 1 < arguments.size() && arguments[i + 1].empty();
    if (empty || arguments[i] == "--release=") throw Usage("an empty name in --release");
  }
  return values.at ? record_the_past(values) : record_today(values);
}

}  // namespace rollback
