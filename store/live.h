// What runs now, and the history of what ran: a chain of record commits
// (DESIGN §3).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/clock.h"
#include "store/git.h"

namespace rollback {

struct LiveRecord {
  std::string commit;                           // the commit deployed
  std::string parent;                           // the point it would go back to; may be empty
  std::string deploy;                           // the deploy that brought it; may be empty
  std::map<std::string, std::string> releases;  // by component
  std::string operation;                        // the rollback that made it; empty: a deploy
  std::string host;
  Time at{};
  std::string subject;
  std::string id;  // of the record commit; empty: not written
};

// Writes the record commit (and the empty root that a chain starts with);
// moves no ref. `previous` is the record before, "" for the first.
std::string write_live_record(const Git& git, const LiveRecord& record,
                              const std::string& previous);

// Newest first, without the empty root. Empty when there is no chain.
std::vector<LiveRecord> read_live_chain(const Git& git, std::string_view ref);

// What a chain's tip has grown by since another tip of it, newest first. Nothing
// when it does not stand on that one.
std::optional<std::vector<LiveRecord>> read_live_since(const Git& git, const std::string& old_tip,
                                                       const std::string& new_tip);

std::optional<LiveRecord> read_live(const Git& git, std::string_view ref);

}  // namespace rollback
