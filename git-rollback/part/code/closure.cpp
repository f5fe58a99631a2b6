#include "part/code/closure.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace rollback {
namespace {

constexpr long around = 3;  // lines, as a patch has them for its context

struct Lines {
  long first, last;
};

// "@@ -12,3 +12,4 @@ …": the lines of the old side, and those around them.
std::optional<Lines> lines_of_hunk(std::string_view line) {
  if (!line.starts_with("@@ -")) return std::nullopt;
  long first = 0, count = 1;
  const char* end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data() + 4, end, first);
  if (error != std::errc()) return std::nullopt;
  if (rest != end && *rest == ',') std::from_chars(rest + 1, end, count);
  return Lines{std::max(1L, first - around), first + std::max(0L, count - 1) + around};
}

// Ids of the commits since the point that last changed the lines which the
// conflicting commit changes in this file.
std::set<std::string> blamed(const Git& git, const Conflict& conflict, const std::string& point,
                             const std::string& path) {
  std::set<std::string> ids;
  const std::string& parent = conflict.commit.parent;
  const Finished content = git.ask({"cat-file", "blob", parent + ":" + path});
  if (content.status != 0) return ids;
  const long length = std::count(content.out.begin(), content.out.end(), '\n') +
                      (content.out.ends_with('\n') || content.out.empty() ? 0 : 1);
  const std::string diff = git.run({"--literal-pathspecs", "diff-tree", "-r", "-p", "-U0",
                                    "--no-ext-diff", parent, conflict.commit.id, "--", path});
  std::vector<std::string> arguments{"blame", "--porcelain"};
  for (const auto line : split(diff, '\n')) {
    const auto lines = lines_of_hunk(line);
    if (!lines || lines->first > length) continue;
    arguments.push_back("-L" + std::to_string(lines->first) + "," +
                        std::to_string(std::min(lines->last, length)));
  }
  if (arguments.size() == 2) return ids;
  arguments.insert(arguments.end(), {point + ".." + parent, "--", path});
  const Finished blame = git.ask(arguments);
  for (const auto line : split(blame.out, '\n')) {
    const size_t space = line.find(' ');
    if (!line.starts_with('\t') && (space == 40 || space == 64)) ids.emplace(line.substr(0, space));
  }
  return ids;
}

bool can_be_added(const Candidate& candidate) {
  return candidate.inside && candidate.kept_for.empty() && !candidate.undone &&
         !is_rollback(candidate.unit.commit);
}

std::vector<size_t> by_blame(const Git& git, const Conflict& conflict, const std::string& point,
                             const std::vector<Candidate>& candidates) {
  std::set<std::string> ids;
  for (const auto& path : conflict.paths) ids.merge(blamed(git, conflict, point, path));
  std::vector<size_t> found;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Unit& unit = candidates[i].unit;
    const bool named = ids.count(unit.commit.id) != 0 ||
                       std::any_of(unit.merged.begin(), unit.merged.end(),
                                   [&](const Commit& one) { return ids.count(one.id) != 0; });
    if (named && can_be_added(candidates[i])) found.push_back(i);
  }
  return found;
}

std::vector<size_t> by_path(const Git& git, const Conflict& conflict, const std::string& point,
                            const std::vector<Candidate>& candidates) {
  std::vector<std::string> specs;
  for (const auto& path : conflict.paths) specs.push_back(":(top,literal)" + path);
  const auto touching = units_touching(git, point, conflict.commit.parent, specs);
  for (size_t i = candidates.size(); i-- > 0;) {
    if (touching.count(candidates[i].unit.commit.id) != 0 && can_be_added(candidates[i])) {
      return {i};
    }
  }
  return {};
}

}  // namespace

std::vector<size_t> stands_on(const Git& git, const Conflict& conflict, const std::string& point,
                              const std::vector<Candidate>& candidates) {
  if (conflict.commit.parent.empty()) return {};
  auto found = by_blame(git, conflict, point, candidates);
  return found.empty() ? by_path(git, conflict, point, candidates) : found;
}

}  // namespace rollback
