// Where an environment stands: what is live, what is recorded, what is open.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "health/verdict.h"
#include "session/session.h"
#include "store/index.h"

namespace rollback {

struct Standing {
  Index index;
  std::string environment;
  std::string open_deploy;  // its id; "" : none

  std::optional<LiveRecord> recorded;  // the newest record of what is live
  bool has_live() const { return recorded.has_value(); }

  // What a rollback leaves. While a deploy is open, its point counts as live's
  // parent and what it brought so far as live. Before any deploy: HEAD.
  LiveRecord live;

  Judgement judge_point(const Point& point, int min_score) const;
  Judgement judge_deploy(std::string_view deploy, int min_score) const;
  bool was_rolled_back_from(std::string_view deploy) const;
  // Of what is live, where it is neither the deploy's state nor a point's.
  std::optional<PartlyBack> partly_back() const;
  // Parts of what is live, each with the operation, see given_up_since().
  std::map<std::string, std::string> given_up() const;
};

Standing look_around(const Session& session);

// Borrows the configuration of what is live, or of the point before it, where
// the one at hand is broken or gone. What it says for people; "" when it was
// not needed.
std::string borrow_configuration(Session& session);

}  // namespace rollback
