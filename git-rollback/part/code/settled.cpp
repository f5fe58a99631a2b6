#include "part/code/settled.h"

#include <algorithm>
#include <boost/filesystem/path.hpp>

#include "part/code/contained.h"
#include "part/code/scratch_merge.h"

namespace rollback {
namespace {

// "" : one of the paths lacks something of the change.
std::string tree_where_contained(const Git& git, const ThreeTrees& trees,
                                 const std::vector<std::string>& paths) {
  const MergedTree merged = merge_trees(git, trees);
  std::vector<PathChange> as_ours;
  for (const auto& path : paths) {
    std::string ids[4], modes[4];
    for (const auto& stage : merged.stages) {
      if (stage.path != path || !stage.mode.starts_with("100")) continue;
      ids[stage.stage] = stage.id;
      modes[stage.stage] = stage.mode;
    }
    const auto& [unused, base, ours, theirs] = ids;
    if (ours.empty() || theirs.empty() || !is_contained(git, base, ours, theirs)) return "";
    as_ours.push_back({.path = path,
                       .old_mode = "",
                       .new_mode = modes[2] == modes[1] ? modes[3] : modes[2],
                       .old_id = "",
                       .new_id = ours});
  }
  return tree_with(git, merged.tree, as_ours);
}

// In such a file the amount of whitespace at the start of a line is its meaning.
bool lives_by_indentation(const std::string& path) {
  const boost::filesystem::path file(path);
  const std::string name = file.filename().string(), extension = file.extension().string();
  if (name.find("akefile") != std::string::npos) return true;
  static constexpr const char* extensions[] = {
      ".py",  ".pyi", ".pyx", ".yml", ".yaml", ".mk",  ".haml", ".slim",   ".sass", ".styl",
      ".pug", ".fs",  ".hs",  ".nim", ".elm",  ".rst", ".md",   ".coffee", ".gd",   ".feature"};
  return std::any_of(std::begin(extensions), std::end(extensions),
                     [&](const char* one) { return extension == one; });
}

}  // namespace

std::optional<Settled> settle(const Git& git, const ThreeTrees& trees,
                              const std::vector<std::string>& paths) {
  if (paths.empty()) return std::nullopt;
  std::string tree = tree_where_contained(git, trees, paths);
  if (!tree.empty()) return Settled{tree, "the change is there already"};
  ScratchMerge scratch(git, trees);
  const bool only_at_ends = std::any_of(paths.begin(), paths.end(), lives_by_indentation);
  tree = scratch.merge({only_at_ends ? "--strategy-option=ignore-space-at-eol"
                                     : "--strategy-option=ignore-space-change"});
  if (!tree.empty()) return Settled{tree, "only whitespace differs"};
  if (scratch.has_rerere()) tree = scratch.merge({"--rerere-autoupdate"});
  if (!tree.empty()) return Settled{tree, "as it was resolved before (rerere)"};
  return std::nullopt;
}

}  // namespace rollback
