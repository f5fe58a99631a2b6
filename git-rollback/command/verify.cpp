#include "session/verifying.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "session/standing.h"

namespace rollback {
namespace {

using nlohmann::json;

constexpr const char* not_built =
    "signatures and shared libraries are not looked at: not built yet";

json as_json(const std::string& environment, const std::vector<Verification>& verified) {
  json points = json::array();
  for (const auto& point : verified) {
    json findings = json::array();
    for (const auto& finding : point.findings) {
      findings.push_back({{"wrong", finding.wrong},
                          {"out_of_reach", finding.out_of_reach},
                          {"what", finding.what}});
    }
    points.push_back({{"point", point.point}, {"good", point.good()}, {"findings", findings}});
  }
  return {{"format", 1},
          {"environment", environment},
          {"points", points},
          {"not_built", {"signatures", "libraries"}}};
}

void tell(const std::vector<Verification>& verified) {
  for (const auto& point : verified) {
    say(point.point + ": " +
        (point.damaged()        ? "damaged"
         : point.out_of_reach() ? "unknown, since not all of it could be looked at"
                                : "good"));
    for (const auto& finding : point.findings) {
      say("  " + std::string(finding.wrong ? "wrong: " : "note: ") + printable(finding.what));
    }
  }
}

// What puts what could not be looked at into reach, and what to type then.
std::vector<std::string> way_to_the_rest(const std::vector<Verification>& verified) {
  std::vector<std::string> lines;
  std::string again = "when it can be reached: git rollback verify";
  bool any = false;
  for (const auto& point : verified) {
    if (point.out_of_reach()) again += " " + point.point;
    any = any || point.out_of_reach();
    for (const auto& finding : point.findings) {
      for (const auto& hint : finding.hints) {
        if (std::find(lines.begin(), lines.end(), hint) == lines.end()) lines.push_back(hint);
      }
    }
  }
  if (any) lines.push_back(again);
  return lines;
}

int verify(const WhatToVerify& what, bool rebuild, bool as_json_text) {
  Session session = open_session();
  choose_colour(session.repository.settings);
  if (rebuild) {
    const size_t points = rebuild_index(session);
    if (!as_json_text) {
      say("rebuilt the index: " + std::to_string(points) + (points == 1 ? " point" : " points"));
    }
  }
  if (const auto borrowed = borrow_configuration(session); !borrowed.empty()) warning(borrowed);
  const auto verified = verify_points(session, what);
  if (as_json_text) {
    print(dump(as_json(session.repository.environment, verified)));
  } else {
    tell(verified);
    flush_output();
    if (verified.empty()) {
      hints({"there is no point to go back to yet: git rollback list"});
    } else {
      hints(way_to_the_rest(verified));
      hints({not_built});
    }
  }
  const bool good = std::all_of(verified.begin(), verified.end(),
                                [](const Verification& point) { return point.good(); });
  return good ? exit_done : exit_as_it_was;
}

}  // namespace

int run_verify(const Arguments& arguments) {
  WhatToVerify what;
  bool rebuild = false, json = false;
  Options options("git rollback verify [<options>] [<point>...]");
  options.positionals("point", what.words)
      .flag("--all", what.all, "every point, not only what a rollback would need now")
      .flag("--rebuild-index", rebuild, "delete the index and build it anew first")
      .flag("--json", json, "print the findings as JSON");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  if (what.all && !what.words.empty()) {
    throw Usage("--all is every point: name none beside it", {"git rollback verify --all"});
  }
  return verify(what, rebuild, json);
}

}  // namespace rollback
