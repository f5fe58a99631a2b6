// From what is asked to the tree of a code rollback: which commits go, which
// stay and why, and what comes of laying those on the point's tree. Read-only
// but for objects that nothing refers to yet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "part/code/candidates.h"
#include "part/code/laying.h"
#include "part/part.h"
#include "store/git.h"

namespace rollback {

struct Composition {
  std::string branch, head;                    // where it stands: a ref, or "HEAD"; a commit
  std::string live, target;                    // commits
  std::string tree;                            // of the new commit; "" where there is an obstacle
  std::vector<Candidate> candidates;           // oldest first
  std::map<std::string, std::string> settled;  // by kept commit: a conflict that was none
  std::vector<PathChange> changes;             // from HEAD to the tree
  std::vector<std::string> config_paths;       // tracked config files of the components
  std::vector<std::string> remarks;            // one line each
  std::optional<Conflict> conflict;
  std::optional<Obstacle> obstacle;
};

// A trailer of the point that a rollback left: the commit checked out then, which
// may be newer than what was live.
inline constexpr const char* head_trailer = "Rollback-Head";

// The commit that a code rollback to this point comes back to.
std::string code_target(const Point& point);

// Usage and Refused as choose_among() has them.
Composition compose(const Git& git, const CompositionSetting& setting, const Request& request);

}  // namespace rollback
