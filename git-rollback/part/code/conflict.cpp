#include "part/code/conflict.h"

#include <nlohmann/json.hpp>

#include "part/code/conflict_work_tree.h"
#include "part/code/merged_tree.h"
#include "store/trailers.h"

namespace rollback {
namespace {

using nlohmann::json;

// A path need not be UTF-8, and JSON is.
json from_paths(const std::vector<std::string>& paths) {
  json list = json::array();
  for (const auto& path : paths) list.push_back(percent_encode(path));
  return list;
}

std::vector<std::string> paths_from(const json& list) {
  std::vector<std::string> paths;
  for (const auto& entry : list) {
    paths.push_back(percent_decode(entry.get<std::string>()).value_or(""));
  }
  return paths;
}

std::string shown(const Git& git, const std::string& commit) {
  return git.line({"log", "-1", "--no-show-signature", "--abbrev=10", "--format=%h %s", commit});
}

std::vector<std::string> lines_for(const std::string& commit, const ConflictWorkTree& work_tree,
                                   const LaidOutConflict& laid_out) {
  const std::string folder = "'" + work_tree.folder().string() + "'";
  std::vector<std::string> lines{"the conflict of " + commit + " is laid out in " + folder};
  for (const auto& path : laid_out.paths) lines.push_back("  to be resolved: " + path);
  lines.push_back("resolve it there, then: git -C " + folder + " add <path>");
  return lines;
}

}  // namespace

Part::OpenedConflict open_conflict(const Git& git, const Request& request, const Conflict& conflict,
                                   const std::string& head) {
  const ThreeTrees trees = trees_of(git, conflict.ours, conflict.commit);
  const std::string& commit = conflict.commit.id;
  ConflictToOpen to_open{.target = request.target.id,
                         .head = head,
                         .ours = trees.ours,
                         .base = trees.base,
                         .theirs = trees.theirs,
                         .commit = commit};
  for (const auto& resolution : resolutions_from(request.resolutions)) {
    // One that git removed meanwhile is to be made again.
    const bool there = git.ask({"cat-file", "-e", resolution.tree + "^{tree}"}).status == 0;
    if (there) to_open.resolved.push_back(resolution.tree);
  }
  ConflictWorkTree work_tree(git, request.operation);
  const LaidOutConflict laid_out = work_tree.lay_out(to_open);
  Part::OpenedConflict opened;
  opened.opened = json{{"operation", request.operation},
                       {"commit", commit},
                       {"ours", conflict.ours},
                       {"start", laid_out.start},
                       {"paths", from_paths(laid_out.paths)},
                       {"before", request.resolutions}}
                      .dump();
  opened.resolved = laid_out.paths.empty();
  opened.lines = lines_for(shown(git, commit), work_tree, laid_out);
  return opened;
}

std::string take_resolution(const Git& git, const std::string& opened) {
  const json data = json::parse(opened);
  const std::string tree =
      ConflictWorkTree(git, data.at("operation"))
          .take({.start = data.at("start"), .paths = paths_from(data.at("paths"))});
  auto resolutions = resolutions_from(data.at("before"));
  resolutions.push_back({data.at("commit"), data.at("ours"), tree});
  return to_text(resolutions);
}

Part::ConflictStanding look_at_conflict(const Git& git, const std::string& opened) {
  const json data = json::parse(opened);
  const ConflictWorkTree work_tree(git, data.at("operation"));
  return {.commit = data.at("commit"),
          .subject = git.line({"log", "-1", "--no-show-signature", "--format=%s",
                               data.at("commit").get<std::string>()}),
          .folder = work_tree.stands() ? work_tree.folder().string() : "",
          .unresolved = work_tree.unresolved()};
}

void discard_conflict(const Git& git, const std::string& operation) {
  ConflictWorkTree(git, operation).remove();
}

}  // namespace rollback
