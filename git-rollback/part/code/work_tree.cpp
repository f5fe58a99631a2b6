#include "part/code/work_tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstring>
#include <future>
#include <thread>
#include <unordered_map>

#include "os/error.h"
#include "os/file.h"
#include "part/code/files_as_added.h"
#include "store/publication.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

bool has_index(const Git& git) { return fs::exists(git.git_dir() / "index"); }

// What the index has for each of the changes, in their order. Of all that git
// lists, only these are kept: there may be far more files than changes.
std::vector<Entry> read_git_index(const Git& git, const std::vector<PathChange>& changes) {
  const bool made = has_index(git);
  // "H 100644 <id> 0\tpath", or where there is none, "100644 blob <id>\tpath"
  const std::string list = made ? git.run({"ls-files", "-t", "-s", "-z"})
                                : git.run({"ls-tree", "-r", "-z", "--full-tree", "HEAD"});
  std::unordered_map<std::string_view, size_t> place;
  for (size_t i = 0; i < changes.size(); ++i) place[changes[i].path] = i;
  std::vector<Entry> entries(changes.size());
  for (const auto line : split(list, '\0')) {
    const size_t tab = line.find('\t');
    const auto found = place.find(line.substr(tab + 1));
    if (found == place.end()) continue;
    const auto fields = split(line.substr(0, tab), ' ');
    entries[found->second] = {std::string(fields.at(made ? 1 : 0)), std::string(fields.at(2)),
                              made && fields.at(0) == "S"};
  }
  return entries;
}

InIndex in_index_of(const std::vector<Entry>& entries, const Habits& habits) {
  InIndex seen;
  seen.sparse = habits.sparse;
  for (const auto& entry : entries) {
    seen.known.push_back(entry.mode != absent);
    seen.left_out.push_back(entry.skip);
  }
  return seen;
}

constexpr int index_attempts = 100;  // ten seconds

// With paths as its input; where it has none, there is nothing to do.
void run_with_index(const Git& git, const std::vector<std::string>& arguments,
                    const std::string& paths) {
  if (paths.empty()) return;
  // An editor that looks at the index holds its lock for a moment.
  for (int attempt = 0; attempt < index_attempts; ++attempt) {
    const Finished done = git.ask(arguments, {.input = paths});
    if (done.status == 0) return;
    if (done.err.find("index.lock") == std::string::npos) break;
    clear_stale_locks(git, {"index"});
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  git.run(arguments, {.input = paths});
}

// Removes a file that git knew, or the empty folder of a submodule, and with it
// the folders that hold nothing more. Nothing behind a link is ours.
void remove_from(const fs::path& top, const std::string& path) {
  for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
    struct stat status {};
    if (lstat((top / path.substr(0, at)).c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return;
  }
  if (unlink((top / path).c_str()) != 0 && errno != ENOENT) {
    if (errno != EISDIR) throw Fatal("cannot remove '" + path + "': " + strerror(errno));
    if (rmdir((top / path).c_str()) != 0) return;  // a submodule that is checked out stays
  }
  std::string folder = path;
  for (size_t end = folder.rfind('/'); end != std::string::npos; end = folder.rfind('/')) {
    folder.resize(end);
    if (rmdir((top / folder).c_str()) != 0) return;
  }
}

// As `git restore` does. What the hook makes of it is the hook's affair.
void tell_post_checkout(const Git& git) {
  const std::string answer = git.run({"rev-parse", "--git-path", "hooks/post-checkout", "HEAD"});
  const auto lines = split(answer, '\n');
  if (!fs::exists(fs::absolute(std::string(lines.at(0)), git.work_tree()))) return;
  const std::string head(lines.at(1));
  git.ask({"hook", "run", "--ignore-missing", "post-checkout", "--", head, head, "0"});
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Does the file hold the beginning of what one side has, and no more?
bool is_cut_short(const Git& git, const PathChange& change) {
  const fs::path file = git.work_tree() / change.path;
  boost::system::error_code error;
  if (fs::symlink_status(file, error).type() != fs::regular_file) return false;
  const auto there = read_file_if_there(file);
  if (!there) return false;
  for (const auto* id : {&change.old_id, &change.new_id}) {
    const Finished whole = git.ask({"cat-file", "--filters", "--path=" + change.path, *id});
    if (whole.status == 0 && whole.out.starts_with(*there)) return true;
  }
  return false;
}

// A submodule that is checked out, where a file or a folder of ours must be.
bool is_in_the_way(const Git& git, const PathChange& change,
                   const std::vector<PathChange>& changes) {
  if (change.old_mode != submodule || change.new_mode == submodule) return false;
  boost::system::error_code error;
  const fs::path folder = git.work_tree() / change.path;
  if (!fs::is_directory(folder, error) || fs::is_empty(folder, error)) return false;
  return change.new_mode != absent ||
         std::any_of(changes.begin(), changes.end(), [&](const PathChange& other) {
           return other.path.starts_with(change.path + "/");
         });
}

}  // namespace

std::vector<PathChange> changes_between(const Git& git, const std::string& old_tree,
                                        const std::string& new_tree,
                                        const std::vector<std::string>& pathspecs) {
  std::vector<std::string> arguments{
      "diff-tree", "-r",     "-z", "--no-renames", "--ignore-submodules=none",
      old_tree,    new_tree, "--"};
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const std::string diff = git.run(arguments);
  const auto fields = split(diff, '\0');
  std::vector<PathChange> changes;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {  // ":old new oldid newid M", path
    const auto parts = split(fields[i].substr(1), ' ');
    changes.push_back({.path = std::string(fields[i + 1]),
                       .old_mode = std::string(parts.at(0)),
                       .new_mode = std::string(parts.at(1)),
                       .old_id = std::string(parts.at(2)),
                       .new_id = std::string(parts.at(3))});
  }
  return changes;
}

Place where_is(const Git& git, const std::vector<PathChange>& changes,
               const std::vector<std::string>& files_elsewhere, CutShort cut_short) {
  Place place;
  if (changes.empty()) return place;
  // The two slow ones side by side.
  auto listed = std::async(std::launch::async, [&] { return read_git_index(git, changes); });
  const Habits habits = habits_of(git);
  const auto files = read_files(git, changes, habits);
  const auto index = listed.get();
  place.in_index = in_index_of(index, habits);
  for (size_t i = 0; i < changes.size(); ++i) {
    const PathChange& change = changes[i];
    const Entry old_entry{change.old_mode, change.old_id},
        new_entry{change.new_mode, change.new_id};
    const Entry& in_index = index[i];
    Entry file = files[i];
    bool file_old = file == old_entry, file_new = file == new_entry;
    if (!habits.modes_count && file.mode.starts_with("100")) {
      file_old = change.old_mode.starts_with("100") && file.id == change.old_id;
      file_new = change.new_mode.starts_with("100") && file.id == change.new_id;
    }
    if (in_index.skip || contains(files_elsewhere, change.path) || change.old_mode == submodule ||
        change.new_mode == submodule) {
      file_old = file_new = true;
    }
    if (place.foreign.empty() && in_index == old_entry && is_in_the_way(git, change, changes)) {
      place.foreign = change.path;
    }
    const bool index_old = in_index == old_entry, index_new = in_index == new_entry;
    place.at_old = place.at_old && file_old && index_old;
    place.at_new = place.at_new && file_new && index_new;
    // A file that is missing is nobody's work: git was stopped, or failed, after
    // it had removed one and before it wrote the other.
    const bool file_foreign = !file_old && !file_new && file.mode != absent &&
                              !(cut_short == CutShort::is_as_missing && is_cut_short(git, change));
    if (file_foreign || (!index_old && !index_new)) {
      if (place.foreign.empty()) {
        place.foreign = file.mode == out_of_reach ? file.id : change.path;
      }
    }
  }
  return place;
}

std::vector<PathChange> at_new_side(const Git& git, const std::vector<PathChange>& changes) {
  const auto files = read_files(git, changes, habits_of(git));
  std::vector<PathChange> there;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (files[i] == Entry{changes[i].new_mode, changes[i].new_id}) there.push_back(changes[i]);
  }
  return there;
}

bool make_missing_index(const Git& git, const std::string& commit) {
  if (has_index(git)) return false;
  git.run({"read-tree", commit});
  return true;
}

// The index first, in one step, then the files: whatever is killed in between
// leaves each path at one side or the other, or missing, and is done again.
// `git restore` would look through all of its paths for each file of the index.
void bring_to(const Git& git, Side side, const std::vector<PathChange>& changes,
              const std::vector<std::string>& files_elsewhere, std::optional<InIndex> seen) {
  if (!seen) seen = in_index_of(read_git_index(git, changes), habits_of(git));
  std::string entries, skipped, written;
  std::vector<std::string> removed;
  for (size_t i = 0; i < changes.size(); ++i) {
    const PathChange& change = changes[i];
    const bool forward = side == Side::new_side;
    const std::string& mode = forward ? change.new_mode : change.old_mode;
    const bool elsewhere = contains(files_elsewhere, change.path);
    const bool known = seen->known[i];
    entries += mode + " " + (forward ? change.new_id : change.old_id) + "\t" + change.path + '\0';
    if (seen->left_out[i] || (seen->sparse && !known && mode != absent && !elsewhere)) {
      if (mode != absent) skipped += change.path + '\0';
    } else if (mode == absent && !elsewhere) {
      removed.push_back(change.path);
    } else if (!elsewhere) {
      written += change.path + '\0';
    }
  }
  run_with_index(git, {"update-index", "-z", "--index-info"}, entries);
  run_with_index(git, {"update-index", "-z", "--skip-worktree", "--stdin"}, skipped);
  for (const auto& path : removed) remove_from(git.work_tree(), path);
  run_with_index(git, {"checkout-index", "--force", "--index", "-z", "--stdin"}, written);
  // Which of the new ones belong into the work tree, only git's patterns know.
  if (seen->sparse && !skipped.empty())
    run_with_index(git, {"sparse-checkout", "reapply"}, skipped);
  tell_post_checkout(git);
}

}  // namespace rollback
