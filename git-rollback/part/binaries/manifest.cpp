#include "part/binaries/manifest.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "os/error.h"
#include "os/progress.h"
#include "os/sha256.h"
#include "store/git.h"
#include "store/trailers.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::string line_for(const fs::path& path, const std::string& name) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    throw Fatal("cannot read '" + path.string() + "': " + strerror(errno));
  }
  char type = 'd';
  long long size = 0;
  std::string hash = "-";
  if (S_ISREG(status.st_mode)) {
    type = 'f';
    size = status.st_size;
    hash = sha256_of_file(path);
  } else if (S_ISLNK(status.st_mode)) {
    type = 'l';
    const std::string target = fs::read_symlink(path).string();
    size = static_cast<long long>(target.size());
    hash = sha256(target);
  } else if (!S_ISDIR(status.st_mode)) {
    throw Fatal("'" + path.string() + "' is neither a file nor a folder nor a link",
                {"a release holds nothing else; move it out of the release"});
  }
  char head[48];
  std::snprintf(head, sizeof head, "%c %04o %lld ", type,
                type == 'l' ? 0U : static_cast<unsigned>(status.st_mode & 07777U), size);
  return head + hash + " " + percent_encode(name) + "\n";
}

std::uint64_t bytes_to_hash(const std::vector<fs::path>& paths) {
  std::uint64_t bytes = 0;
  if (!progress_is_heard()) return bytes;
  for (const auto& path : paths) {
    struct stat status {};
    if (lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      bytes += static_cast<std::uint64_t>(status.st_size);
    }
  }
  return bytes;
}

// Its first four fields, by path.
using Entries = std::map<std::string, std::vector<std::string_view>>;

Entries entries_of(std::string_view manifest) {
  Entries entries;
  for (const auto line : split(manifest, '\n')) {
    auto fields = split(line, ' ');
    if (fields.size() != 5) continue;
    auto path = percent_decode(fields.back());
    fields.pop_back();
    if (path) entries[*std::move(path)] = std::move(fields);
  }
  return entries;
}

}  // namespace

std::string manifest_of(const fs::path& release) try {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(release)) {
    paths.push_back(entry.path());
  }
  std::vector<std::pair<std::string, fs::path>> named;
  for (const auto& path : paths)
    named.emplace_back(path.lexically_relative(release).string(), path);
  std::sort(named.begin(), named.end());
  const Work work("hashing release '" + release.filename().string() + "'", Unit::bytes,
                  bytes_to_hash(paths));
  std::string manifest;
  for (const auto& [name, path] : named) manifest += line_for(path, name);
  return manifest;
} catch (const fs::filesystem_error& error) {
  throw Fatal("cannot read the release '" + release.string() + "': " + error.code().message());
}

std::vector<std::string> manifest_differences(std::string_view then, std::string_view now) {
  const Entries before = entries_of(then);
  const Entries after = entries_of(now);
  std::map<std::string, std::string> differences;
  for (const auto& [path, fields] : before) {
    const auto found = after.find(path);
    if (found == after.end()) {
      differences[path] = "is gone";
    } else if (found->second[0] != fields[0]) {
      differences[path] = "is of another type";
    } else if (found->second[2] != fields[2] || found->second[3] != fields[3]) {
      differences[path] = "has other contents";
    } else if (found->second[1] != fields[1]) {
      differences[path] = "has another mode";
    }
  }
  for (const auto& [path, fields] : after) {
    if (before.count(path) == 0) differences[path] = "is new";
  }
  std::vector<std::string> lines;
  for (const auto& [path, what] : differences) lines.push_back("'" + path + "' " + what);
  return lines;
}

}  // namespace rollback
