#include "part/config/file_state.h"

#include <sys/stat.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "os/sha256.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

struct Read {
  FileState state;
  std::string bytes;
};

// A path in the work tree stays in it: a folder on the way that became a link
// would have us write elsewhere. Absolute paths are the user's own word.
void refuse_way_out(const std::string& path, const fs::path& target) {
  if (fs::path(path).is_absolute()) return;
  fs::path base = target;
  for (const auto& segment : fs::path(path)) {
    if (!segment.empty()) base = base.parent_path();
  }
  fs::path folder = base;
  for (const auto& segment : fs::path(path).parent_path()) {
    folder /= segment;
    boost::system::error_code none;
    if (!fs::is_symlink(fs::symlink_status(folder, none))) continue;
    const fs::path inside =
        fs::weakly_canonical(folder, none).lexically_relative(fs::canonical(base, none));
    if (!none && !inside.empty() && *inside.begin() != "..") continue;
    throw Fatal("the config file '" + path + "' is behind the symbolic link '" + folder.string() +
                    "', which leads out of the work tree",
                {"name the file that it leads to in .rollback.yml, by its absolute path"});
  }
}

Read read_state(const std::string& path, const fs::path& target) {
  Read read;
  read.state.path = path;
  refuse_way_out(path, target);
  struct stat status {};
  if (lstat(target.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return read;
    throw Fatal("cannot read the config file '" + target.string() + "': " + strerror(errno));
  }
  if (S_ISLNK(status.st_mode)) {
    throw Fatal("the config file '" + target.string() + "' is a symbolic link",
                {"name the file that it leads to in .rollback.yml"});
  }
  if (!S_ISREG(status.st_mode)) {
    throw Fatal("the config file '" + target.string() + "' is no regular file");
  }
  read.bytes = read_file(target);
  read.state.absent = false;
  read.state.mode = {.mode = status.st_mode & 07777U, .uid = status.st_uid, .gid = status.st_gid};
  read.state.sha256 = sha256(read.bytes);
  return read;
}

}  // namespace

bool FileState::same(const FileState& other) const {
  if (absent || other.absent) return absent == other.absent;
  return mode == other.mode && sha256 == other.sha256;
}

FileState look_at(const std::string& path, const boost::filesystem::path& target) {
  return read_state(path, target).state;
}

FileState store_file(const Git& git, const std::string& path,
                     const boost::filesystem::path& target) {
  Read read = read_state(path, target);
  if (!read.state.absent) {
    read.state.blob = git.line({"hash-object", "-w", "--stdin"}, {.input = read.bytes});
  }
  return read.state;
}

void to_json(nlohmann::json& to, const FileState& state) {
  to = {{"path", state.path}, {"absent", state.absent}};
  if (state.absent) return;
  to["mode"] = state.mode.mode;
  to["uid"] = state.mode.uid;
  to["gid"] = state.mode.gid;
  to["sha256"] = state.sha256;
  to["blob"] = state.blob;
}

void from_json(const nlohmann::json& from, FileState& state) {
  state.path = from.at("path").get<std::string>();
  state.absent = from.at("absent").get<bool>();
  if (state.absent) return;
  state.mode = {.mode = from.at("mode").get<mode_t>(),
                .uid = from.at("uid").get<uid_t>(),
                .gid = from.at("gid").get<gid_t>()};
  state.sha256 = from.at("sha256").get<std::string>();
  state.blob = from.at("blob").get<std::string>();
}

}  // namespace rollback
