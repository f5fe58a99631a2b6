#include "part/code/features.h"

#include <algorithm>
#include <set>

namespace rollback {
namespace {

bool is_type(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// https://www.conventionalcommits.org, v1.0.0: type(scope)!: description
std::string scope_of(std::string_view subject) {
  const size_t open = subject.find('('), close = subject.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return "";
  }
  std::string_view rest = subject.substr(close + 1);
  if (rest.starts_with('!')) rest.remove_prefix(1);
  if (!rest.starts_with(':') || !is_type(subject.substr(0, open))) return "";
  return std::string(subject.substr(open + 1, close - open - 1));
}

// As git, GitHub and GitLab word it.
std::string branch_merged_by(std::string_view subject) {
  constexpr std::string_view by_request = "Merge pull request ";
  if (subject.starts_with(by_request)) {
    const size_t from = subject.find(" from ");
    if (from == std::string_view::npos) return "";
    const std::string_view name = subject.substr(from + 6);
    const size_t owner = name.find('/');
    return std::string(owner == std::string_view::npos ? name : name.substr(owner + 1));
  }
  for (const std::string_view start :
       {"Merge branch '", "Merge remote-tracking branch '", "Merge tag '"}) {
    if (!subject.starts_with(start)) continue;
    const std::string_view rest = subject.substr(start.size());
    return std::string(rest.substr(0, rest.find('\'')));
  }
  return "";
}

void add_features(const Commit& commit, std::set<std::string>& features) {
  features.insert(scope_of(commit.subject));
  if (commit.parents.size() > 1) features.insert(branch_merged_by(commit.subject));
  for (const auto* key : {"Feature", "Component"}) {
    for (const auto& value : commit.trailer(key)) features.insert(value);
  }
}

}  // namespace

std::vector<std::string> features_of(const std::vector<Unit>& units) {
  std::set<std::string> features;
  for (const auto& unit : units) {
    add_features(unit.commit, features);
    for (const auto& commit : unit.merged) add_features(commit, features);
  }
  features.erase("");
  return {features.begin(), features.end()};
}

}  // namespace rollback
