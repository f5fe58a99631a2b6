#include "part/code/settled.h"

#include <algorithm>
#include <boost/filesystem/path.hpp>

#include "part/code/scratch_merge.h"
#include "store/temporary_index.h"

namespace rollback {
namespace {

bool is_contained(const Git& git, const ThreeTrees& trees, const TemporaryIndex& ours,
                  const std::string& path) {
  const std::string patch = git.run({"--literal-pathspecs", "diff-tree", "-r", "-p", "--binary",
                                     "--full-index", trees.base, trees.theirs, "--", path});
  return !patch.empty() && git.ask({"apply", "--cached", "--check", "--reverse", "-"},
                                   {.input = patch, .set = ours.environment()})
                                   .status == 0;
}

// "" : one of the paths has more than is in `ours`.
std::string tree_where_contained(const Git& git, const ThreeTrees& trees,
                                 const std::vector<std::string>& paths) {
  const TemporaryIndex ours(git);
  git.run({"read-tree", trees.ours}, {.set = ours.environment()});
  std::vector<PathChange> changes;
  for (const auto& path : paths) {
    if (!is_contained(git, trees, ours, path)) return "";
    changes.push_back(
        {.path = path, .old_mode = "", .new_mode = "000000", .old_id = "", .new_id = ""});
  }
  const MergedTree merged = merge_trees(git, trees);
  for (auto& change : changes) {
    change.new_id = std::string(trees.ours.size(), '0');
    for (const auto& stage : merged.stages) {
      if (stage.stage != 2 || stage.path != change.path) continue;
      change.new_mode = stage.mode;
      change.new_id = stage.id;
    }
  }
  return tree_with(git, merged.tree, changes);
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
  tree = scratch.merge({"--rerere-autoupdate"});
  if (!tree.empty()) return Settled{tree, "as it was resolved before (rerere)"};
  return std::nullopt;
}

}  // namespace rollback
