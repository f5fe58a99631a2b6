#include "os/file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/descriptor.h"
#include "os/error.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path) {
  throw Fatal("cannot " + what + " '" + path.string() + "': " + strerror(errno));
}

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

std::optional<std::string> read_file_if_there(const fs::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail("read", path);
  }
  std::string bytes;
  char buffer[65536];
  ssize_t n = 0;
  while ((n = read(file.get(), buffer, sizeof buffer)) > 0) {
    bytes.append(buffer, static_cast<size_t>(n));
  }
  if (n < 0) fail("read", path);
  return bytes;
}

std::string read_file(const fs::path& path) {
  if (auto bytes = read_file_if_there(path)) return *std::move(bytes);
  errno = ENOENT;
  fail("read", path);
}

bool may_write(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  const int mode = S_ISDIR(status.st_mode) ? W_OK | X_OK : W_OK;
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

void write_file(const fs::path& path, std::string_view bytes, std::optional<FileMode> mode) {
  const mode_t initial = mode ? 0600 : 0666;
  const Descriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, initial));
  if (!file) fail("write", path);
  if (mode) {
    struct stat now {};
    if (fstat(file.get(), &now) != 0) fail("write", path);
    if ((now.st_uid != mode->uid || now.st_gid != mode->gid) &&
        fchown(file.get(), mode->uid, mode->gid) != 0) {
      fail("set the owner of", path);
    }
    if (fchmod(file.get(), mode->mode) != 0) fail("set the mode of", path);
  }
  while (!bytes.empty()) {
    const ssize_t n = write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(file.get()) != 0) fail("write", path);
}

void replace_file(const fs::path& path, std::string_view bytes, std::optional<FileMode> mode) {
  const fs::path temporary =
      directory_of(path) / ("." + path.filename().string() + ".git-rollback-new");
  write_file(temporary, bytes, mode);
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    errno = reason;
    fail("replace", path);
  }
  sync_directory(directory_of(path));
}

void exchange(const fs::path& a, const fs::path& b) {
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
    fail("exchange '" + a.string() + "' with", b);
  }
  sync_directory(directory_of(a));
}

void rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    fail("rename '" + from.string() + "' to", to);
  }
  sync_directory(directory_of(to));
}

void sync_directory(const fs::path& directory) {
  const Descriptor handle(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle || fsync(handle.get()) != 0) fail("sync", directory);
}

void remove_file(const fs::path& path) {
  if (unlink(path.c_str()) == 0) {
    sync_directory(directory_of(path));
  } else if (errno != ENOENT && errno != ENOTDIR) {
    fail("remove", path);
  }
}

}  // namespace rollback
