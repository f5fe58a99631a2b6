#include "os/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "os/error.h"
#include "os/file.h"

namespace rollback {
namespace {

void write_about(int file, const std::string& text) {
  if (ftruncate(file, 0) != 0 ||
      pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    // Only the message of a second process is poorer for it.
  }
}

}  // namespace

FileLock::FileLock(const boost::filesystem::path& path, const std::string& about,
                   std::chrono::milliseconds patience)
    : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (!file_) throw Fatal("cannot open '" + path.string() + "': " + strerror(errno));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw Fatal("cannot lock '" + path.string() + "': " + strerror(errno));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      const std::string holder = read_file_if_there(path).value_or("");
      throw Refused(
          "another process holds the lock: " +
              (holder.empty() ? "'" + path.string() + "'" : holder.substr(0, holder.find('\n'))),
          {"wait until it has ended, then run this command again"});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  tell(about);
}

void FileLock::tell(const std::string& about) {
  write_about(file_.get(),
              "pid " + std::to_string(getpid()) + " on " + host_name() + ", " + about + "\n");
}

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

}  // namespace rollback
