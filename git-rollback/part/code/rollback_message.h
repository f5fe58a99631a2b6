// What a rollback of code says: in the plan, and in its commit.
#pragma once

#include <string>
#include <vector>

#include "part/code/choice.h"
#include "part/code/composition.h"

namespace rollback {

// The commit's message (DESIGN §7): what is kept and why, then the trailers
// Rollback-To, Rollback-Operation, Rollback-Component where it went back alone,
// and Reverts for each commit that is not in force afterwards, in that order.
struct MessageSubject {
  std::vector<std::string> components;
  bool whole = false;  // the whole tree goes back
  std::string point, operation;
};
std::string rollback_message(const Composition& made, const MessageSubject& subject);

// "12 commits undone, 2 kept".
std::string summary_of(const Composition& made);

// "2 commits that are kept"; "" : none is.
std::string kept_in_words(const Composition& made);

// One line for each kept commit with its rule, for each left out, for the first
// of those that go.
std::vector<std::string> lines_about(const Composition& made);

}  // namespace rollback
