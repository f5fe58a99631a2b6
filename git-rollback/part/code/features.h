// What the commits that go were about, for `affected_features`.
#pragma once

#include <string>
#include <vector>

#include "part/code/history.h"

namespace rollback {

// The scopes of Conventional Commits ("raid" of "feat(raid)!: …"), the values of
// the trailers Feature and Component, and the names of merged branches
// ("Merge branch 'x'", "Merge pull request #1 from user/x"); sorted. Of what a
// unit merged, too. Pure.
std::vector<std::string> features_of(const std::vector<Unit>& units);

}  // namespace rollback
