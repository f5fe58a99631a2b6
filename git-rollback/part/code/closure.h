// On which of the commits that go a conflict stands.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "part/code/choice.h"
#include "part/code/laying.h"
#include "store/git.h"

namespace rollback {

// Positions among the candidates. First by blame: who last changed the lines that
// the commit changes, three around them included, since the point. Where that
// names none of those that go: the newest of them before it that touches one of
// the conflicting paths. Empty: there is none. (FACTS, "git and libgit2".)
std::vector<size_t> stands_on(const Git& git, const Conflict& conflict, const std::string& point,
                              const std::vector<Candidate>& candidates);

}  // namespace rollback
