#include "part/code/files_as_added.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <set>
#include <unordered_map>

#include "os/error.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::string mode_of(const struct stat& status) {
  if (S_ISLNK(status.st_mode)) return "120000";
  if (S_ISREG(status.st_mode)) return (status.st_mode & S_IXUSR) != 0 ? "100755" : "100644";
  return "directory";
}

// git makes a file of a folder once every file in it has gone, so a folder is
// in nobody's way where all that it holds is about to change.
bool holds_only(const fs::path& top, const std::string& folder,
                const std::vector<PathChange>& changes) {
  boost::system::error_code error;
  for (fs::recursive_directory_iterator it(top / folder, error), end; it != end;
       it.increment(error)) {
    if (error) return false;
    if (it->symlink_status().type() == fs::directory_file) continue;
    const std::string path = it->path().lexically_relative(top).string();
    if (std::none_of(changes.begin(), changes.end(),
                     [&](const PathChange& change) { return change.path == path; })) {
      return false;
    }
  }
  return !error;
}

// The folders above paths, each looked at once.
class Folders {
 public:
  explicit Folders(fs::path top) : top_(std::move(top)) {}

  // The file or link that stands where a folder above the path should; "": none.
  std::string in_place_of_one(const std::string& path) {
    for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      const std::string folder = path.substr(0, at);
      const auto [known, is_new] = other_.try_emplace(folder);
      if (is_new) {
        boost::system::error_code ignored;
        const fs::file_type type = fs::symlink_status(top_ / folder, ignored).type();
        known->second = type != fs::directory_file && type != fs::file_not_found;
      }
      if (known->second) return folder;
    }
    return "";
  }

 private:
  fs::path top_;
  std::unordered_map<std::string, bool> other_;
};

// The ids of files, by their places among the changes.
void hash_files(const Git& git, const std::vector<PathChange>& changes,
                const std::vector<size_t>& asked, std::vector<Entry>& entries) {
  if (asked.empty()) return;
  std::string paths;
  for (const size_t i : asked) paths += changes[i].path + "\n";
  const Finished ids = git.ask({"hash-object", "--stdin-paths"}, {.input = paths});
  const auto lines = split(ids.out, '\n');
  if (ids.status == 0) {
    for (size_t i = 0; i < asked.size(); ++i) entries[asked[i]].id = std::string(lines.at(i));
    return;
  }
  for (const size_t i : asked) {  // one by one: `status` may look on while files come and go
    const Finished id = git.ask({"hash-object", "--", changes[i].path});
    if (id.status == 0) {
      entries[i].id = id.out.substr(0, id.out.find('\n'));
    } else if (fs::exists(fs::symlink_status(git.work_tree() / changes[i].path))) {
      throw Fatal("git hash-object failed: " + id.err.substr(0, id.err.find('\n')));
    } else {
      entries[i] = {};
    }
  }
}

// git leaves the line ends of a file alone where its index has them so, and
// hash-object knows of no index.
void hash_as_they_are(const Git& git, const std::vector<PathChange>& changes,
                      const std::vector<size_t>& asked, std::vector<Entry>& entries) {
  std::vector<size_t> unlike;
  std::string paths;
  for (const size_t i : asked) {
    const std::string& id = entries[i].id;
    if (id.empty() || id == changes[i].old_id || id == changes[i].new_id) continue;
    unlike.push_back(i);
    paths += changes[i].path + "\n";
  }
  if (unlike.empty()) return;
  const Finished ids = git.ask({"hash-object", "--no-filters", "--stdin-paths"}, {.input = paths});
  const auto lines = split(ids.out, '\n');
  if (ids.status != 0) return;
  for (size_t i = 0; i < unlike.size(); ++i) {
    const PathChange& change = changes[unlike[i]];
    if (lines.at(i) == change.old_id || lines.at(i) == change.new_id) {
      entries[unlike[i]].id = std::string(lines.at(i));
    }
  }
}

}  // namespace

Habits habits_of(const Git& git) {
  Habits habits;
  const Finished listed =
      git.ask({"config", "--bool", "--get-regexp", "^core\\.(filemode|symlinks|sparsecheckout)$"});
  for (const auto line : split(listed.out, '\n')) {  // the last one counts
    const bool on = line.ends_with(" true");
    if (line.starts_with("core.filemode ")) habits.modes_count = on;
    if (line.starts_with("core.symlinks ")) habits.links_are_files = !on;
    if (line.starts_with("core.sparsecheckout ")) habits.sparse = on;
  }
  return habits;
}

std::vector<Entry> read_files(const Git& git, const std::vector<PathChange>& changes,
                              const Habits& habits) {
  std::vector<Entry> entries(changes.size());
  std::vector<size_t> asked;
  std::set<std::string_view> changed;
  for (const auto& change : changes) changed.insert(change.path);
  Folders folders(git.work_tree());
  for (size_t i = 0; i < changes.size(); ++i) {
    const std::string& path = changes[i].path;
    struct stat status {};
    if (std::string above = folders.in_place_of_one(path); !above.empty()) {
      if (changed.count(above) == 0) {
        entries[i] = {std::string(out_of_reach), std::move(above)};
      }
      continue;
    }
    if (lstat((git.work_tree() / path).c_str(), &status) != 0) continue;
    entries[i].mode = mode_of(status);
    const bool is_link = changes[i].old_mode == "120000" || changes[i].new_mode == "120000";
    if (entries[i].mode == "directory" && holds_only(git.work_tree(), path, changes)) {
      entries[i] = {};
    } else if (habits.links_are_files && is_link && entries[i].mode == "100644") {
      entries[i] = {"120000", git.line({"hash-object", "--no-filters", "--", path})};
    } else if (entries[i].mode == "120000") {
      entries[i].id = git.line({"hash-object", "--stdin"},
                               {.input = fs::read_symlink(git.work_tree() / path).string()});
    } else if (entries[i].mode != "directory") {
      if (path.find('\n') != std::string::npos || path.front() == '"') {
        entries[i].id = git.line({"hash-object", "--", path});
      } else {
        asked.push_back(i);
      }
    }
  }
  hash_files(git, changes, asked, entries);
  hash_as_they_are(git, changes, asked, entries);
  return entries;
}

}  // namespace rollback
