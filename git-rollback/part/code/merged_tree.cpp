#include "part/code/merged_tree.h"

#include <set>

#include "os/error.h"
#include "store/identity.h"
#include "store/temporary_index.h"

namespace rollback {
namespace {

// "100644 <id> 1\tpath"
MergedTree::Stage stage_from(std::string_view line) {
  const size_t tab = line.find('\t');
  const auto fields = split(line.substr(0, tab), ' ');
  return {.mode = std::string(fields.at(0)),
          .id = std::string(fields.at(1)),
          .stage = fields.at(2).front() - '0',
          .path = std::string(line.substr(tab + 1))};
}

}  // namespace

std::string commit_of(const Git& git, const std::string& tree, const std::string& parent) {
  std::vector<std::string> arguments{"commit-tree", tree, "-m", "merged in memory"};
  if (!parent.empty()) arguments.insert(arguments.end(), {"-p", parent});
  return git.line(arguments, {.set = record_identity(git)});
}

std::string tree_of(const Git& git, const std::string& id) {
  return id.empty() ? empty_tree(git) : git.line({"rev-parse", "--verify", id + "^{tree}"});
}

std::string tree_with(const Git& git, const std::string& tree,
                      const std::vector<PathChange>& changes) {
  std::string entries;
  for (const auto& change : changes) {
    entries += change.new_mode + " " + change.new_id + "\t" + change.path + '\0';
  }
  const TemporaryIndex index(git);
  const std::vector<std::string> no_hooks{"core.hooksPath=/dev/null"};  // it is no index of theirs
  git.run({"read-tree", tree}, {.set = index.environment(), .config = no_hooks});
  git.run({"update-index", "-z", "--index-info"},
          {.input = entries, .set = index.environment(), .config = no_hooks});
  return git.line({"write-tree"}, {.set = index.environment()});
}

ThreeTrees trees_of(const Git& git, const std::string& ours, const CommitToLay& commit) {
  ThreeTrees trees{.base = tree_of(git, commit.parent), .ours = tree_of(git, ours), .theirs = ""};
  trees.theirs =
      commit.whole ? tree_of(git, commit.id) : tree_with(git, trees.base, commit.changes);
  return trees;
}

std::vector<std::string> MergedTree::conflicting_paths() const {
  std::set<std::string> paths;
  for (const auto& stage : stages) paths.insert(stage.path);
  return {paths.begin(), paths.end()};
}

MergedTree merge_trees(const Git& git, const ThreeTrees& trees) {
  const std::string root = commit_of(git, trees.base, ""), ours = commit_of(git, trees.ours, root),
                    theirs = commit_of(git, trees.theirs, root);
  const std::vector<std::string> arguments{"merge-tree",    "--write-tree", "-z",
                                           "--no-messages", ours,           theirs};
  // What was added to a folder that got another name stays where it was added.
  GitExtra extra{.config = {"merge.directoryRenames=false"}};
  Finished merged = git.ask(arguments, extra);
  if (merged.status > 1) {  // git 2.39 dies of some renames (merge-ort, process_renames)
    extra.config.emplace_back("merge.renameLimit=1");
    merged = git.ask(arguments, extra);
  }
  const auto fields = split(merged.out, '\0');
  if (merged.status > 1 || fields.empty()) throw Fatal("git merge-tree failed: " + merged.err);
  MergedTree result{.clean = merged.status == 0, .tree = std::string(fields[0]), .stages = {}};
  for (size_t i = 1; !result.clean && i < fields.size(); ++i) {
    result.stages.push_back(stage_from(fields[i]));
    // Where a file meets a folder, git gives it the name of its side as well.
    std::string& path = result.stages.back().path;
    for (const auto& side : {ours, theirs}) {
      if (path.ends_with("~" + side)) path.resize(path.size() - side.size() - 1);
    }
  }
  return result;
}

}  // namespace rollback
