#include "session/sync.h"

#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/counted.h"

namespace rollback {
namespace {

using nlohmann::json;

// "3 points, 12 events and the live chain of production"; "" for nothing.
std::string goods(std::size_t points, std::size_t events, const std::vector<std::string>& live) {
  std::vector<std::string> items;
  if (points > 0) items.push_back(counted(points, "point"));
  if (events > 0) items.push_back(counted(events, "event"));
  for (const auto& environment : live) items.push_back("the live chain of " + environment);
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
  }
  return text;
}

void show(const SyncReport& report, bool dry_run) {
  const std::string received =
      goods(report.received.size(), report.events_received, report.live_received);
  const std::string sent = goods(report.sent.size(), report.events_sent, report.live_sent);
  const std::string would = dry_run ? "would have " : "";
  if (!received.empty()) say(would + "received " + received + " from " + printable(report.remote));
  if (!sent.empty()) say(would + "sent " + sent + " to " + printable(report.remote));
  if (!report.from_tags.empty()) {
    say(would + "taken " + counted(report.from_tags.size(), "point") +
        " from the tags that are here");
  }
  if (!report.tags_put_back.empty()) {
    say(would + "put back " + counted(report.tags_put_back.size(), "deleted tag"));
  }
  const bool nothing =
      received.empty() && sent.empty() && report.from_tags.empty() && report.tags_put_back.empty();
  if (nothing && report.complete()) say("already up to date with " + printable(report.remote));
}

void name_what_was_left(const SyncReport& report) {
  for (const auto& words : report.words) note("remote: " + printable(words));
  for (const auto& left : report.left) complain("error", left.sentence, left.hints);
  for (const auto& refusal : report.refused) {
    complain("error", "'" + report.remote + "' refused '" + refusal.ref + "': " + refusal.reason,
             {});
  }
  if (!report.refused.empty()) hints({"to only receive: git rollback sync --no-push"});
}

json names_of(const std::vector<names::EnvironmentAndId>& points) {
  json list = json::array();
  for (const auto& [environment, id] : points) {
    list.push_back({{"environment", environment}, {"point", id}});
  }
  return list;
}

json as_json(const SyncReport& report, bool dry_run) {
  json left = json::array(), refused = json::array();
  for (const auto& one : report.left) left.push_back(one.sentence);
  for (const auto& one : report.refused) {
    refused.push_back({{"ref", one.ref}, {"reason", one.reason}});
  }
  return {{"format", 1},
          {"remote", report.remote},
          {"dry_run", dry_run},
          {"complete", report.complete()},
          {"received",
           {{"points", names_of(report.received)},
            {"events", report.events_received},
            {"live", report.live_received}}},
          {"sent",
           {{"points", names_of(report.sent)},
            {"events", report.events_sent},
            {"live", report.live_sent}}},
          {"from_tags", names_of(report.from_tags)},
          {"tags_put_back", names_of(report.tags_put_back)},
          {"left", left},
          {"refused", refused}};
}

}  // namespace

int run_sync(const Arguments& arguments) {
  SyncRequest request;
  bool json_wanted = false, no_push = false;
  Options options("git rollback sync [<options>] [<remote>]");
  options.optional_positional("remote", request.remote)
      .flag("-n,--dry-run", request.dry_run, "say what would be exchanged; only fetch")
      .flag("--no-push", no_push, "receive, and send nothing")
      .flag("--json", json_wanted, "as JSON");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  request.push = !no_push;
  const SyncReport report = sync(open_session(), request);
  if (json_wanted) {
    print(dump(as_json(report, request.dry_run)));
  } else {
    show(report, request.dry_run);
  }
  flush_output();
  name_what_was_left(report);
  return report.complete() ? exit_done : exit_as_it_was;
}

}  // namespace rollback
