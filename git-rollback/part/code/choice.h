// Which commits stay, and why; which were undone before. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "part/code/history.h"
#include "part/code/preserve.h"
#include "part/code/reverts.h"

namespace rollback {

// A unit after the point, and what becomes of it.
struct Candidate {
  Unit unit;
  bool deployed = true;           // else it came after what is live
  bool inside = true;             // it changes a path that goes back
  bool refused = false;           // named by --no-preserve
  bool undone = false;            // before, by another rollback or a `git revert`
  std::string kept_for = {};      // the rule that keeps it; "": it goes
  std::string left_out_for = {};  // why it goes although a rule keeps it

  bool kept() const { return !kept_for.empty() && left_out_for.empty(); }
  // It is in force now, and will not be.
  bool goes() const { return inside && !kept() && !undone; }
};

// What the user asked for, beside the rules; full ids, of units or of what they
// merged.
struct Wishes {
  std::set<std::string> preserve, no_preserve;
  bool drop_undeployed = false;
};

// The trailers of a rollback's commit.
inline constexpr const char* reverts_trailer = "Reverts";
inline constexpr const char* rollback_to_trailer = "Rollback-To";
inline constexpr const char* component_trailer = "Rollback-Component";  // "": of all

bool is_rollback(const Commit& commit);

struct Circumstances {
  std::vector<std::string> components;  // that go back
  Wishes wishes = {};
  Touched touched = {};
  Reverts reverts = {};  // among the candidates
};

// Sets what becomes of each; oldest first. That a later commit undid one counts,
// unless that one was undone itself, or is not whole; that of rollbacks of
// some components, where together they have all that go back. A merge is kept for
// the sake of what it merged, too; then so is what took back a part of it.
void choose(std::vector<Candidate>& candidates, const PreserveRules& rules,
            const Circumstances& circumstances);

}  // namespace rollback
