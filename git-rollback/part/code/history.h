// Which commits a code rollback undoes, and which it keeps.
#pragma once

#include <string>
#include <vector>

#include "part/code/replay/replay.h"
#include "store/git.h"

namespace rollback {

struct CommitLine {
  std::string id;
  std::string subject;
};

// From `to` (not included) up to `from`, newest first, by first parent so that
// a merge is one unit; where pathspecs are given, those touching them.
std::vector<CommitLine> commits_undone(const Git& git, const std::string& from,
                                       const std::string& to,
                                       const std::vector<std::string>& pathspecs);

// On HEAD and not deployed yet: after `live`, oldest first.
std::vector<CommitToLay> commits_undeployed(const Git& git, const std::string& live,
                                            const std::string& head);

// The scopes of Conventional Commits: "raid" of "feat(raid): add loot".
std::vector<std::string> features_of(const std::vector<CommitLine>& commits);

}  // namespace rollback
