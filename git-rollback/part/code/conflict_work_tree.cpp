#include "part/code/conflict_work_tree.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <set>

#include "os/error.h"
#include "os/fail_point.h"
#include "store/identity.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr size_t paths_named = 5;

// The user's hooks are about work trees of the user's; submodules stay away.
const std::vector<std::string> quietly{"core.hooksPath=/dev/null", "submodule.recurse=false"};

fs::path common_dir_of(const Git& git) {
  return git.line({"rev-parse", "--path-format=absolute", "--git-common-dir"});
}

std::vector<std::string> paths_in(const std::string& nul_separated) {
  const auto fields = split(nul_separated, '\0');
  const std::set<std::string> paths(fields.begin(), fields.end());
  return {paths.begin(), paths.end()};
}

std::string quoted(const std::vector<std::string>& paths) {
  std::string text;
  for (size_t i = 0; i < paths.size() && i < paths_named; ++i) {
    text += (i == 0 ? "'" : ", '") + paths[i] + "'";
  }
  if (paths.size() > paths_named) {
    text += " and " + std::to_string(paths.size() - paths_named) + " more";
  }
  return text;
}

bool has_line_with(const std::string& text, const std::string& start) {
  return text.starts_with(start) || text.find("\n" + start) != std::string::npos;
}

// Of the paths that conflicted, as they are staged: `git diff --check` says nothing
// of files with the attribute -diff.
std::vector<std::string> with_markers(const Git& git, const LaidOutConflict& laid_out) {
  std::vector<std::string> paths;
  for (const auto& path : laid_out.paths) {
    const std::string staged = git.ask({"cat-file", "blob", ":0:" + path}).out;
    if (has_line_with(staged, "<<<<<<< ") || has_line_with(staged, ">>>>>>> ")) {
      paths.push_back(path);
    }
  }
  return paths;
}

}  // namespace

ConflictWorkTree::ConflictWorkTree(const Git& git, const std::string& operation)
    : git_(git),
      operation_(operation),
      common_dir_(common_dir_of(git)),
      folder_(names::conflict_directory(common_dir_, operation)),
      there_(git.in(folder_ / ".git", folder_)) {}

bool ConflictWorkTree::stands() const {
  boost::system::error_code none;
  if (!fs::exists(folder_ / ".git", none)) return false;
  return there_.ask({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"}).status == 0;
}

std::string ConflictWorkTree::commit(const std::string& tree, const std::string& parent,
                                     const std::string& message) const {
  std::vector<std::string> arguments{"commit-tree", tree + "^{tree}", "-m", message};
  if (!parent.empty()) arguments.insert(arguments.end(), {"-p", parent});
  return git_.line(arguments, {.set = record_identity(git_)});
}

// One whose git was killed is better made anew than mended.
void ConflictWorkTree::check_out(const std::string& start) {
  if (stands()) {
    const Finished moved = there_.ask({"checkout", "--quiet", "--force", "--detach", start, "--"},
                                      {.config = quietly});
    there_.ask({"rerere", "clear"});
    if (moved.status == 0) return;
  }
  remove();
  fs::create_directories(folder_.parent_path());
  git_.run({"worktree", "add", "--quiet", "--detach", folder_.string(), start},
           {.config = quietly});
  // What is resolved may be outside of what a sparse checkout has, and `git add`
  // refuses that. Only a setting of this work tree's own is changed.
  const bool own = there_.ask({"config", "--bool", "extensions.worktreeConfig"}).out == "true\n";
  if (own && there_.ask({"config", "--bool", "core.sparseCheckout"}).out == "true\n") {
    there_.run({"sparse-checkout", "disable"}, {.config = quietly});
  }
}

// By the merge of git's that takes its base by name, and labels by variable.
Finished ConflictWorkTree::merge(const ConflictToOpen& conflict, const std::string& start,
                                 bool with_renames) const {
  const std::string base = commit(conflict.base, "", "What the commit found");
  const std::string theirs = commit(conflict.theirs, base, "What the commit made of it");
  std::vector<std::string> settings = quietly;
  // What was added to a folder that got another name stays where it was added.
  settings.emplace_back("merge.directoryRenames=false");
  if (!with_renames) settings.emplace_back("merge.renames=false");
  const std::string label =
      git_.line({"log", "-1", "--no-show-signature", "--format=%h (%s)", conflict.commit});
  return there_.ask({"merge-recursive", "--diff-algorithm=histogram", base, "--", start, theirs},
                    {.set = {{"GITHEAD_" + start, "the rollback to " + conflict.target},
                             {"GITHEAD_" + theirs, label}},
                     .config = settings});
}

LaidOutConflict ConflictWorkTree::lay_out(const ConflictToOpen& conflict) {
  std::string parent = conflict.head;
  for (const auto& tree : conflict.resolved) parent = commit(tree, parent, "A conflict resolved");
  LaidOutConflict laid_out{
      .start = commit(conflict.ours, parent, "The rollback to " + conflict.target + " so far"),
      .paths = {}};
  fail_point("conflict work tree before");
  check_out(laid_out.start);
  fail_point("conflict work tree after");
  Finished merged = merge(conflict, laid_out.start, true);
  // Somebody left an untracked file there, such as; or git dies of some renames.
  for (const bool with_renames : {true, false}) {
    if (merged.status <= 1) break;
    remove();
    check_out(laid_out.start);
    merged = merge(conflict, laid_out.start, with_renames);
  }
  const bool told = merged.status == 0 || (merged.status == 1 && !unresolved().empty());
  if (!told) throw Fatal("cannot lay out the conflict: " + merged.err);
  there_.ask({"rerere"}, {.config = {"rerere.autoUpdate=true"}});
  laid_out.paths = unresolved();
  fail_point("conflict laid out");
  return laid_out;
}

std::vector<std::string> ConflictWorkTree::unresolved() const {
  if (!stands()) return {};
  return paths_in(there_.run({"diff", "--name-only", "--diff-filter=U", "-z"}));
}

std::string ConflictWorkTree::take(const LaidOutConflict& laid_out) {
  const std::string at = "git -C '" + folder_.string() + "' ";
  if (!stands()) {
    throw Refused("the work tree of the conflict, '" + folder_.string() + "', is gone",
                  {"git rollback --abort, and roll back again"});
  }
  if (const auto paths = unresolved(); !paths.empty()) {
    throw Refused(
        "the conflict is not resolved yet in " + quoted(paths),
        {"edit the files in '" + folder_.string() + "', then " + at + "add '" + paths.front() + "'",
         "git rollback --continue"});
  }
  if (there_.ask({"merge-base", "--is-ancestor", laid_out.start, "HEAD"}).status != 0) {
    throw Refused("something else is checked out in '" + folder_.string() + "'",
                  {at + "reflog", at + "checkout <the commit where it was resolved>"});
  }
  there_.ask({"update-index", "-q", "--refresh"});
  if (const auto paths = paths_in(there_.run({"diff-files", "--name-only", "-z"}));
      !paths.empty()) {
    throw Refused("what was changed in " + quoted(paths) + " is not staged yet",
                  {at + "add '" + paths.front() + "'", "git rollback --continue"});
  }
  if (const auto paths = added_by_person(laid_out); !paths.empty()) {
    throw Refused("new in '" + folder_.string() + "', and not added: " + quoted(paths),
                  {at + "add '" + paths.front() + "', or remove it", "git rollback --continue"});
  }
  const bool committed = there_.line({"rev-parse", "HEAD"}) != laid_out.start;
  if (!committed && !laid_out.paths.empty()) refuse_doubtful(laid_out);
  there_.ask({"rerere"});
  return there_.line({"write-tree"});
}

// What would be lost with the folder; git mergetool leaves a copy of each file.
std::vector<std::string> ConflictWorkTree::added_by_person(const LaidOutConflict& laid_out) const {
  auto paths = paths_in(there_.run({"ls-files", "--others", "--exclude-standard", "-z"}));
  for (const auto& path : laid_out.paths) {  // and git a file that met a folder
    std::erase_if(paths, [&](const std::string& one) {
      return one == path + ".orig" || one.starts_with(path + "~");
    });
  }
  return paths;
}

// What looks like a mistake is asked about, and a commit is the answer.
void ConflictWorkTree::refuse_doubtful(const LaidOutConflict& laid_out) const {
  const std::string at = "git -C '" + folder_.string() + "' ";
  if (const auto marked = with_markers(there_, laid_out); !marked.empty()) {
    throw Refused("conflict markers are left in " + quoted(marked),
                  {"edit the files in '" + folder_.string() + "', then " + at + "add '" +
                       marked.front() + "'",
                   "where they are meant to be there: " + at + "commit -m resolved"});
  }
  if (there_.ask({"diff-index", "--cached", "--quiet", laid_out.start, "--"}).status == 0) {
    throw Refused("nothing is left of the commit that did not apply: '" + folder_.string() +
                      "' is as it was without it",
                  {"if that is meant: " + at + "commit --allow-empty -m resolved",
                   "to begin again: git rollback --abort, and roll back again"});
  }
}

void ConflictWorkTree::remove() {
  if (stands()) there_.ask({"rerere", "clear"});  // what was not resolved need not be remembered
  fs::remove_all(folder_);
  boost::system::error_code ignored;
  fs::remove(folder_.parent_path(), ignored);  // while it is empty
  // What git keeps of it is named after the folder. `git worktree remove` stops
  // at one that was made by half, and `prune` would take those of others, too.
  std::vector<fs::path> kept;
  for (const auto& entry : fs::directory_iterator(common_dir_ / "worktrees", ignored)) {
    if (entry.path().filename().string().starts_with(operation_)) kept.push_back(entry.path());
  }
  for (const auto& path : kept) fs::remove_all(path);
  fs::remove(common_dir_ / "worktrees", ignored);
}

}  // namespace rollback
