// An event: one JSON line in the note of the commit that it is about.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
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

// What an event's object has there; "" where that is missing or no text: lines
// come from other clones, too, and perhaps from other versions.
std::string text_at(const nlohmann::json& object, const char* key);

// Nothing for a line that is no event of ours: it is left where it is.
std::optional<Event> parse_event(const std::string& commit, std::string_view line);

struct NoteChange {
  std::string commit;
  std::string blob;  // the note as it is now; "" : it is gone
};

// Between two commits of a notes ref, "" standing for one without notes. Nothing
// when the older one is not there any more.
std::optional<std::vector<NoteChange>> changed_notes(const Git& git, const std::string& old_tip,
                                                     const std::string& new_tip);

// The events in these notes, in no order.
std::vector<Event> read_events(const Git& git, const std::vector<NoteChange>& notes);

}  // namespace rollback
