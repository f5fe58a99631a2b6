// Exchanges points, live chains and events with a remote. Nothing that is
// recorded on either side is overwritten or lost.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "session/exchange.h"
#include "session/session.h"

namespace rollback {

struct SyncRequest {
  std::optional<std::string> remote;  // a name or a url; nothing: as git would choose
  bool dry_run = false;               // changes tracking refs alone
  bool push = true;
};

struct RefusedRef {
  std::string ref;
  std::string reason;  // git's words
};

struct SyncReport {
  std::string remote;                                   // for people
  std::vector<names::EnvironmentAndId> received, sent;  // points
  std::size_t events_received = 0, events_sent = 0;
  std::vector<std::string> live_received, live_sent;  // environments
  std::vector<names::EnvironmentAndId> from_tags;     // points that only had a tag here
  std::vector<names::EnvironmentAndId> tags_put_back;
  std::vector<Left> left;           // was not exchanged, and why
  std::vector<RefusedRef> refused;  // by the remote
  std::vector<std::string> words;   // what the remote said meanwhile

  bool complete() const { return left.empty() && refused.empty(); }
};

// The lock is held while what came is taken in, never while the network works.
// Usage or Fatal where there is no such remote or it does not answer: nothing
// was changed then.
SyncReport sync(Session session, const SyncRequest& request);

}  // namespace rollback
