// Pushes refs, each by compare-and-swap: it goes only where the remote has it
// still at the id that we saw there.
#pragma once

#include <string>
#include <vector>

#include "store/remote.h"

namespace rollback {

struct PushRef {
  std::string ref;
  std::string id;
  std::string expected;  // what the remote has; "" : nothing
};

enum class Pushed {
  done,
  outrun,   // the remote has it at another id by now: look again
  refused,  // by a hook, by its settings, or for want of rights
};

struct PushResult {
  std::string ref;
  Pushed outcome = Pushed::refused;
  std::string reason;  // git's own words
};

struct PushOutcome {
  std::vector<PushResult> results;  // one for each ref, in their order
  std::vector<std::string> words;   // what the remote itself said, such as its hooks
};

PushOutcome push(const Git& git, const Remote& remote, const std::vector<PushRef>& refs);

}  // namespace rollback
