// An event: one JSON line in the note of the commit that it is about.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "os/clock.h"
#include "store/git.h"

namespace rollback {

struct Event {
  std::string commit;  // the commit that carries it
  Time at{};
  std::string id;  // unique
  std::string environment;
  std::string deploy;  // may be empty
  std::string kind;    // "deploy", "health", "trigger", "verdict", "rollback", "undo", …
  std::string line;    // the whole JSON object, as it stands in the note
};

// A new event, now, with a fresh id. `more` is an object with what is
// particular to its kind.
Event make_event(const std::string& commit, const std::string& environment,
                 const std::string& deploy, const std::string& kind, const nlohmann::json& more);

// Nothing for a line that is no event of ours: it is left where it is.
std::optional<Event> parse_event(const std::string& commit, std::string_view line);

// All events under a notes ref, oldest first.
std::vector<Event> read_events(const Git& git, std::string_view notes_ref);

}  // namespace rollback
