#include "part/code/settled.h"

#include <algorithm>
#include <boost/filesystem/path.hpp>

#include "part/code/code_paths.h"
#include "part/code/contained.h"
#include "part/code/scratch_merge.h"
#include "part/code/work_tree.h"

namespace rollback {
namespace {

// "" : one of the paths lacks something of the change.
std::string tree_where_contained(const Git& git, const ThreeTrees& trees,
                                 const std::vector<std::string>& paths) {
  const MergedTree merged = merge_trees(git, trees);
  std::vector<PathChange> changes;
  for (const auto& path : paths) {
    std::string ids[4], modes[4];
    for (const auto& stage : merged.stages) {
      if (stage.path != path || !stage.mode.starts_with("100")) continue;
      ids[stage.stage] = stage.id;
      modes[stage.stage] = stage.mode;
    }
    const auto& [unused, base, ours, theirs] = ids;
    if (ours.empty() || theirs.empty()) return "";
    const std::string blob = blob_where_contained(git, base, ours, theirs);
    if (blob.empty()) return "";
    changes.push_back({.path = path,
                       .old_mode = "",
                       .new_mode = modes[2] == modes[1] ? modes[3] : modes[2],
                       .old_id = "",
                       .new_id = blob});
  }
  return tree_with(git, merged.tree, changes);
}

// In the others the amount of whitespace at the start of a line may be its meaning.
bool may_be_indented_anyhow(const std::string& path) {
  const std::string extension = boost::filesystem::path(path).extension().string();
  static constexpr const char* extensions[] = {
      ".c",   ".cc",   ".cpp", ".cxx",   ".h",   ".hh",  ".hpp", ".hxx",  ".inl",  ".m",
      ".mm",  ".java", ".kt",  ".cs",    ".go",  ".rs",  ".js",  ".jsx",  ".mjs",  ".ts",
      ".tsx", ".php",  ".pl",  ".swift", ".lua", ".sql", ".css", ".scss", ".less", ".json"};
  return std::any_of(std::begin(extensions), std::end(extensions),
                     [&](const char* one) { return extension == one; });
}

// What the change is made of, less what the option ignores.
std::string numbers_of(const Git& git, const ThreeTrees& trees,
                       const std::vector<std::string>& paths, const std::string& option) {
  std::vector<std::string> arguments{"--literal-pathspecs", "diff-tree",    "-r",
                                     "--numstat",           "-z",           "--no-renames",
                                     "--no-ext-diff",       "--no-textconv"};
  if (!option.empty()) arguments.push_back(option);
  arguments.insert(arguments.end(), {trees.base, trees.theirs, "--"});
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  return git.run(arguments);
}

// By a merge that ignores whitespace, where the change itself has none that it
// would throw away. "" : it is more than that.
std::string tree_where_whitespace_differs(const Git& git, const ThreeTrees& trees,
                                          const std::vector<std::string>& paths,
                                          ScratchMerge& scratch) {
  const bool anyhow = std::all_of(paths.begin(), paths.end(), may_be_indented_anyhow);
  const std::string option = anyhow ? "ignore-space-change" : "ignore-space-at-eol";
  if (numbers_of(git, trees, paths, "") != numbers_of(git, trees, paths, "--" + option)) return "";
  const std::string merged = scratch.merge({"--strategy-option=" + option});
  if (merged.empty()) return "";
  // Elsewhere whitespace counts.
  Pathspecs specs;
  for (const auto& path : paths) specs.push_back(":(top,literal)" + path);
  const std::string strict = merge_trees(git, trees).tree;
  return tree_with(git, strict, changes_between(git, strict, merged, specs));
}

}  // namespace

std::optional<Settled> settle(const Git& git, const ThreeTrees& trees,
                              const std::vector<std::string>& paths, Twin twin) {
  if (paths.empty()) return std::nullopt;
  std::string tree;
  if (twin == Twin::there) tree = tree_where_contained(git, trees, paths);
  if (!tree.empty()) return Settled{tree, "the point has the same change"};
  ScratchMerge scratch(git, trees);
  tree = tree_where_whitespace_differs(git, trees, paths, scratch);
  if (!tree.empty()) return Settled{tree, "only whitespace differs"};
  if (scratch.has_rerere()) tree = scratch.merge({"--rerere-autoupdate"});
  if (!tree.empty()) return Settled{tree, "as it was resolved before (rerere)"};
  return std::nullopt;
}

}  // namespace rollback
