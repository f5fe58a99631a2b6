// Where an environment stands: what is live, what is recorded, what is open.
#pragma once

#include <optional>
#include <vector>

#include "health/verdict.h"
#include "session/session.h"
#include "store/index.h"

namespace rollback {

struct Standing {
  Index index;
  std::vector<Event> events;      // oldest first
  std::vector<LiveRecord> chain;  // newest first
  std::string open_deploy;        // its id; "" : none

  // What a rollback leaves. While a deploy is open, its point counts as live's
  // parent and what it brought so far as live. Before any deploy: HEAD.
  LiveRecord live;
  bool has_live() const { return !chain.empty(); }

  Judgement judge_point(const Point& point, int min_score) const {
    return judge(point.id, point.deploy, events, min_score);
  }
};

Standing look_around(const Session& session);

// Borrows the configuration of what is live, or of the point before it, where
// the one at hand is broken or gone. What it says for people; "" when it was
// not needed.
std::string borrow_configuration(Session& session);

}  // namespace rollback
