// Lays kept commits on a tree, conflict by conflict.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "part/code/replay.h"

namespace rollback {

// A commit that does not apply, and to what.
struct Conflict {
  CommitToLay commit;
  std::string ours;                // the tree with all that was laid before it
  std::vector<std::string> paths;  // the files, sorted
};

// What a person made of a conflict: the tree that stands after this commit was
// laid on that one.
struct Resolution {
  std::string commit, ours, tree;
};

std::string to_text(const std::vector<Resolution>& resolutions);  // "" for none
std::vector<Resolution> resolutions_from(const std::string& text);

inline constexpr const char* resolved_before = "as it was resolved";

class Laying {
 public:
  // `twins`: commits that the point has as commits of its own, too (twins.h); asked
  // for at the first conflict.
  using AskTwins = std::function<std::set<std::string>()>;
  Laying(const Git& git, std::vector<Resolution> resolutions, AskTwins twins);

  struct Result {
    std::string tree;
    std::map<std::string, std::string> settled;  // by commit: how a conflict was solved, in words
    std::vector<Conflict> left_out;              // with `skip`
    std::optional<Conflict> conflict;            // without it: the first
  };
  // Of the same commits again, merges that git made before are remembered.
  Result lay(const std::string& tree, const std::vector<CommitToLay>& commits, bool skip);

  Replay& replay();

 private:
  struct Attempt {
    std::string tree, how;  // no tree: a conflict
    std::vector<std::string> paths;
  };
  bool is_there(const std::string& tree) const;
  const Attempt& attempt(const std::string& ours, const CommitToLay& commit);

  const Git& git_;
  std::vector<Resolution> resolutions_;
  AskTwins ask_twins_;
  std::optional<std::set<std::string>> twins_;
  std::unique_ptr<Replay> replay_;  // when it is first needed: libgit2 takes its time to begin
  std::map<std::pair<std::string, std::string>, Attempt> attempts_;  // by `ours` and commit
};

}  // namespace rollback
