#include "part/code/history.h"

#include <algorithm>
#include <set>

namespace rollback {

std::vector<CommitLine> commits_undone(const Git& git, const std::string& from,
                                       const std::string& to,
                                       const std::vector<std::string>& pathspecs) {
  std::vector<std::string> arguments{
      "log", "-z", "--first-parent", "--no-show-signature", "--format=%H %s", to + ".." + from,
      "--"};
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const std::string log = git.run(arguments);
  std::vector<CommitLine> commits;
  for (const auto entry : split(log, '\0')) {
    const size_t space = entry.find(' ');
    commits.push_back({std::string(entry.substr(0, space)), std::string(entry.substr(space + 1))});
  }
  return commits;
}

std::vector<CommitToLay> commits_undeployed(const Git& git, const std::string& live,
                                            const std::string& head) {
  const std::string list =
      git.run({"rev-list", "--first-parent", "--reverse", "--parents", live + ".." + head, "--"});
  std::vector<CommitToLay> commits;
  for (const auto line : split(list, '\n')) {
    const auto ids = split(line, ' ');
    commits.push_back({std::string(ids[0]), ids.size() > 1 ? std::string(ids[1]) : ""});
  }
  return commits;
}

std::vector<std::string> features_of(const std::vector<CommitLine>& commits) {
  std::set<std::string> scopes;
  for (const auto& commit : commits) {
    const size_t open = commit.subject.find('(');
    const size_t close = commit.subject.find(')');
    const size_t colon = commit.subject.find(':');
    if (open == std::string::npos || close == std::string::npos || close < open + 2) continue;
    const bool breaking = close + 1 < commit.subject.size() && commit.subject[close + 1] == '!';
    const std::string_view type = std::string_view(commit.subject).substr(0, open);
    const bool word = !type.empty() && std::all_of(type.begin(), type.end(),
                                                   [](char c) { return c >= 'a' && c <= 'z'; });
    if (word && colon == close + (breaking ? 2 : 1)) {
      scopes.insert(commit.subject.substr(open + 1, close - open - 1));
    }
  }
  return {scopes.begin(), scopes.end()};
}

}  // namespace rollback
