// What two repositories have to give each other, decided without changing
// either.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "store/point_check.h"
#include "store/push.h"
#include "store/remote_refs.h"

namespace rollback {

// Something that was not exchanged, in a sentence, and what to do about it.
struct Left {
  std::string sentence;
  std::vector<std::string> hints;
};

struct Sides {
  RefIds ours, theirs;           // with the objects of both at hand
  std::string shown;             // the remote's name, for people
  std::set<std::string> pruned;  // refs of points, see pruned_points()
};

struct LiveMove {
  std::string environment, from, to;  // "" : there is no chain yet
};

struct Incoming {
  std::vector<NamedTag> points;     // the remote's
  std::vector<NamedTag> from_tags;  // of tags that are here already, as a clone brings them
  std::vector<LiveMove> live;
  std::string notes;       // a notes commit to be merged; "" : ours holds theirs
  std::size_t events = 0;  // lines that it brings
  std::vector<Left> left;

  bool empty() const {
    return points.empty() && from_tags.empty() && live.empty() && notes.empty();
  }
};

// Why the live chain of an environment must not move here now; "" : it may.
using Busy = std::function<std::string(const std::string& environment)>;

Incoming find_incoming(const Git& git, const Sides& sides, const Busy& busy);

struct Outgoing {
  std::vector<PushRef> refs;
  std::size_t events = 0;  // lines that their notes lack
  std::vector<Left> left;
};

// Of what stands here once all that comes in is in.
Outgoing find_outgoing(const Git& git, const Sides& sides);

}  // namespace rollback
