#include "part/code/reverts.h"

#include <algorithm>

namespace rollback {
namespace {

constexpr size_t digits_at_least = 7;

std::string first_parent(const Commit& commit) {
  return commit.parents.empty() ? "" : commit.parents.front();
}

// The one whose id begins so; null where none does, or several.
const Commit* named(const std::map<std::string, const Commit*>& commits, const std::string& start) {
  const auto found = commits.lower_bound(start);
  if (found == commits.end() || !found->first.starts_with(start)) return nullptr;
  const auto next = std::next(found);
  return next == commits.end() || !next->first.starts_with(start) ? found->second : nullptr;
}

bool is_reverse(const std::vector<PathChange>& some, const std::vector<PathChange>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [](const PathChange& one, const PathChange& other) {
                      return one.path == other.path && one.old_id == other.new_id &&
                             one.new_id == other.old_id && one.old_mode == other.new_mode &&
                             one.new_mode == other.old_mode;
                    });
}

enum class Direction { forward, reverse };

std::string patch_id(const Git& git, const Commit& commit, Direction direction) {
  std::vector<std::string> arguments{
      "diff-tree",     "-p",          "--binary", "--full-index", "--no-ext-diff",
      "--no-textconv", "--no-renames"};
  if (direction == Direction::reverse) arguments.emplace_back("-R");
  arguments.insert(arguments.end(), {first_parent(commit), commit.id});
  const std::string answer = git.run({"patch-id", "--stable"}, {.input = git.run(arguments)});
  return answer.substr(0, answer.find(' '));
}

bool is_same_patch(const Git& git, const Commit& revert, const Commit& reverted) {
  if (revert.parents.empty() || reverted.parents.empty()) return false;
  return patch_id(git, revert, Direction::reverse) == patch_id(git, reverted, Direction::forward);
}

}  // namespace

std::vector<std::string> ids_named_by_revert(const Commit& commit) {
  constexpr std::string_view words = "This reverts commit ";
  const std::string& text = commit.message;
  std::vector<std::string> ids;
  for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
    const std::string_view rest = std::string_view(text).substr(at + words.size());
    const std::string_view id = rest.substr(0, rest.find_first_not_of("0123456789abcdef"));
    if (id.size() >= digits_at_least) ids.emplace_back(id);
  }
  return ids;
}

Reverts find_reverts(const Git& git, const std::vector<const Commit*>& commits) {
  std::map<std::string, const Commit*> by_id;
  for (const auto* commit : commits) by_id[commit->id] = commit;
  Reverts reverts;
  std::map<std::string, std::string> parents;  // of those whose changes are looked at
  for (const auto* commit : commits) {
    for (const auto& start : ids_named_by_revert(*commit)) {
      const Commit* reverted = named(by_id, start);
      if (reverted == nullptr || reverted == commit) continue;
      reverts[commit->id].push_back({.of = reverted->id});
      parents[commit->id] = first_parent(*commit);
      parents[reverted->id] = first_parent(*reverted);
    }
  }
  auto changes = changes_of(git, {parents.begin(), parents.end()}, {});
  for (auto& [id, of_commit] : reverts) {
    for (auto& revert : of_commit) {
      revert.whole = is_reverse(changes[id], changes[revert.of]) ||
                     is_same_patch(git, *by_id[id], *by_id[revert.of]);
    }
  }
  return reverts;
}

}  // namespace rollback
