// From a target word to a point (DESIGN §4).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "session/standing.h"

namespace rollback {

struct ResolvedTarget {
  std::string point;         // its id; "" when what was meant is live already
  std::string already_live;  // then: a sentence that says so
};

// Why a point cannot be restored here and now; nothing when it can. Asked only
// for candidates of last_stable.
using CannotRestore = std::function<std::optional<std::string>(const Point&)>;

// The words are tried in the order in which DESIGN §4 lists them. Throws Usage
// for a word that means nothing, Refused when there is no such point.
ResolvedTarget resolve_target(const Session& session, const Standing& standing,
                              std::string_view word, int min_score,
                              const CannotRestore& cannot_restore);

// The words that name one point by itself: id, unique prefix, tag, version.
std::optional<Point> find_point(const Session& session, const Standing& standing,
                                std::string_view word);

}  // namespace rollback
