// The commits between two points in the history, as git tells of them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "part/code/path_change.h"
#include "store/git.h"

namespace rollback {

struct Commit {
  std::string id;
  std::vector<std::string> parents;
  std::string author;  // "Name <mail>"
  std::string subject;
  std::string message;                                        // the whole of it
  std::vector<std::pair<std::string, std::string>> trailers;  // as git reads them, unfolded
  std::string note;  // as `git log` would show it; empty where nobody asked for notes

  // The values of all trailers with that key; its case does not count.
  std::vector<std::string> trailer(std::string_view key) const;
};

// What goes or stays as one: a commit on the first-parent line, with those that
// it merged.
struct Unit {
  Commit commit;
  std::vector<Commit> merged;  // newest first: no parent before its child

  std::string parent() const { return commit.parents.empty() ? "" : commit.parents.front(); }
  std::string shown() const;  // "4f2a91c0de fix(raid): …"
};

enum class Notes { none, read };

// What `to` has and `from` has not, oldest first.
std::vector<Unit> units_between(const Git& git, const std::string& from, const std::string& to,
                                Notes notes);

// Those of them that change a path which the pathspecs name, by id.
std::set<std::string> units_touching(const Git& git, const std::string& from, const std::string& to,
                                     const std::vector<std::string>& pathspecs);

// What commits change against a parent of theirs ("": against nothing), limited
// by pathspecs, no renames. By commit; one that changes nothing is missing.
std::map<std::string, std::vector<PathChange>> changes_of(
    const Git& git, const std::vector<std::pair<std::string, std::string>>& commits_and_parents,
    const std::vector<std::string>& pathspecs);

// Those of `to` but not of `from` that no remote has, and no branch but `branch`
// and those that rollbacks made.
std::vector<std::string> commits_only_here(const Git& git, const std::string& from,
                                           const std::string& to, const std::string& branch);

bool is_shallow(const Git& git);

}  // namespace rollback
