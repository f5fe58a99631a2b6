#include "part/code/history.h"

#include <strings.h>

#include <algorithm>

#include "store/names.h"

namespace rollback {
namespace {

constexpr size_t fields_of_a_commit = 7;

std::vector<std::pair<std::string, std::string>> trailers_from(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> trailers;
  for (const auto line : split(text, '\n')) {
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    trailers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return trailers;
}

Commit commit_from(const std::string_view* fields) {
  Commit commit{.id = std::string(fields[0]),
                .parents = {},
                .author = std::string(fields[2]),
                .subject = std::string(fields[3]),
                .message = std::string(fields[4]),
                .trailers = trailers_from(fields[5]),
                .note = std::string(fields[6])};
  for (const auto parent : split(fields[1], ' ')) commit.parents.emplace_back(parent);
  return commit;
}

struct Logged {
  Commit commit;
  size_t place = 0;  // in the log, where no parent stands before its child
};

std::map<std::string, Logged> read_log(const Git& git, const std::string& from,
                                       const std::string& to, Notes notes) {
  const std::string format =
      "%H%x00%P%x00%an <%ae>%x00%s%x00%B%x00%(trailers:only=true,unfold=true)%x00" +
      std::string(notes == Notes::read ? "%N" : "");
  const std::string log =
      git.run({"log", "-z", "--topo-order", "--no-show-signature", "--encoding=UTF-8",
               "--format=tformat:" + format, from + ".." + to, "--"});
  const auto fields = split(log, '\0');
  std::map<std::string, Logged> commits;
  for (size_t i = 0; i + fields_of_a_commit <= fields.size(); i += fields_of_a_commit) {
    Commit commit = commit_from(&fields[i]);
    std::string id = commit.id;
    commits.emplace(std::move(id), Logged{std::move(commit), i});
  }
  return commits;
}

// Moves whatever of `commits` the parents but the first lead to into the unit.
void take_merged(std::map<std::string, Logged>& commits, Unit& unit) {
  std::map<size_t, Commit> merged;  // by place
  std::vector<std::string> ways(unit.commit.parents.begin() + 1, unit.commit.parents.end());
  while (!ways.empty()) {
    const auto found = commits.find(ways.back());
    ways.pop_back();
    if (found == commits.end()) continue;
    const auto& parents = found->second.commit.parents;
    ways.insert(ways.end(), parents.begin(), parents.end());
    merged.emplace(found->second.place, std::move(found->second.commit));
    commits.erase(found);
  }
  for (auto& [place, commit] : merged) unit.merged.push_back(std::move(commit));
}

// ":100644 100644 <id> <id> M"
PathChange change_from(std::string_view entry, std::string_view path) {
  const auto fields = split(entry.substr(1), ' ');
  return {.path = std::string(path),
          .old_mode = std::string(fields.at(0)),
          .new_mode = std::string(fields.at(1)),
          .old_id = std::string(fields.at(2)),
          .new_id = std::string(fields.at(3))};
}

}  // namespace

std::vector<std::string> Commit::trailer(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : trailers) {
    if (name.size() == key.size() && strncasecmp(name.data(), key.data(), key.size()) == 0) {
      values.push_back(value);
    }
  }
  return values;
}

std::string Unit::shown() const { return commit.id.substr(0, 10) + " " + commit.subject; }

std::vector<Unit> units_between(const Git& git, const std::string& from, const std::string& to,
                                Notes notes) {
  auto commits = read_log(git, from, to, notes);
  std::vector<Unit> units;
  for (auto next = commits.find(to); next != commits.end();) {
    units.push_back({.commit = std::move(next->second.commit), .merged = {}});
    commits.erase(next);
    next = commits.find(units.back().parent());
  }
  std::reverse(units.begin(), units.end());
  for (auto& unit : units) {
    if (unit.commit.parents.size() > 1) take_merged(commits, unit);
  }
  return units;
}

std::set<std::string> units_touching(const Git& git, const std::string& from, const std::string& to,
                                     const std::vector<std::string>& pathspecs) {
  std::vector<std::string> arguments{"rev-list", "--first-parent", from + ".." + to, "--"};
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const std::string list = git.run(arguments);
  const auto ids = split(list, '\n');
  return {ids.begin(), ids.end()};
}

std::map<std::string, std::vector<PathChange>> changes_of(
    const Git& git, const std::vector<std::pair<std::string, std::string>>& commits_and_parents,
    const std::vector<std::string>& pathspecs) {
  std::map<std::string, std::vector<PathChange>> changes;
  if (commits_and_parents.empty()) return changes;
  std::string input;
  for (const auto& [commit, parent] : commits_and_parents) {
    input += commit + (parent.empty() ? "" : " " + parent) + "\n";
  }
  std::vector<std::string> arguments{
      "diff-tree", "--stdin", "--root",       "-m",
      "-r",        "-z",      "--no-renames", "--ignore-submodules=none",
      "--"};
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const std::string diff = git.run(arguments, {.input = input});
  const auto fields = split(diff, '\0');
  std::vector<PathChange>* of_commit = nullptr;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].starts_with(':')) {
      of_commit = &changes[std::string(fields[i])];
    } else if (of_commit != nullptr && i + 1 < fields.size()) {
      of_commit->push_back(change_from(fields[i], fields[i + 1]));
      ++i;
    }
  }
  return changes;
}

std::vector<std::string> commits_only_here(const Git& git, const std::string& from,
                                           const std::string& to, const std::string& branch) {
  constexpr std::string_view heads = "refs/heads/";
  std::vector<std::string> arguments{"rev-list", "--first-parent", from + ".." + to, "--not"};
  if (branch.starts_with(heads)) arguments.push_back("--exclude=" + branch.substr(heads.size()));
  arguments.push_back("--exclude=" + std::string(names::branch_refs.substr(heads.size())) + "*");
  arguments.insert(arguments.end(), {"--branches", "--remotes", "--"});
  const std::string list = git.run(arguments);
  std::vector<std::string> ids;
  for (const auto id : split(list, '\n')) ids.emplace_back(id);
  return ids;
}

bool is_shallow(const Git& git) {
  return git.ask({"rev-parse", "--is-shallow-repository"}).out == "true\n";
}

}  // namespace rollback
