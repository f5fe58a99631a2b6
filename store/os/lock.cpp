#include "os/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "os/error.h"
#include "os/file.h"
#include "os/lock_holder.h"

namespace rollback {
namespace {

// Over what stood there, and only then cut to size: the first line is whole at
// any moment.
void write_about(int file, const std::string& text) {
  if (pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ftruncate(file, static_cast<off_t>(text.size())) != 0) {
    // Only the message of a second process is poorer for it.
  }
}

// Of a process on this host, by its own word; else 0.
pid_t pid_in(const std::string& about) {
  if (about.find(" on " + host_name() + ", ") == std::string::npos) return 0;
  return about.starts_with("pid ") ? std::atoi(about.c_str() + 4) : 0;
}

bool is_there(pid_t pid) { return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH); }

// Is this the word of a process that ended, so that the holder has not spoken yet?
bool is_stale(const std::string& about) {
  if (about.find(" on " + host_name() + ", ") == std::string::npos) return about.empty();
  return !is_there(pid_in(about));
}

// A process id is given again one day, and that process may hold locks of other files.
// The device is passed over: some file systems call it otherwise to stat(2). Nothing:
// the system does not say.
std::optional<bool> holds(pid_t pid, const boost::filesystem::path& path) {
  struct stat file {};
  std::ifstream locks("/proc/locks");
  if (!locks || stat(path.c_str(), &file) != 0) return std::nullopt;
  const std::string inode = ":" + std::to_string(file.st_ino);
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, strictness, access, where;
    pid_t holder = 0;
    words >> number >> kind >> strictness >> access >> holder >> where;
    if (kind == "FLOCK" && holder == pid && where.ends_with(inode)) return true;
  }
  return false;
}

// "pid 4711 on world1, rollback 2026…"; the file where its holder does not say.
std::string holder_of(const boost::filesystem::path& path) {
  for (int i = 0; i < 50; ++i) {
    const std::string text = read_file_if_there(path).value_or("");
    const std::string about = text.substr(0, text.find('\n'));
    if (!is_stale(about)) return about;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "'" + path.string() + "'";
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
      throw Refused("another process holds the lock: " + holder_of(path),
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

std::string lock_holder(const boost::filesystem::path& path) {
  const std::string about = read_file_if_there(path).value_or("");
  const pid_t pid = pid_in(about);
  if (!is_there(pid) || !holds(pid, path).value_or(false)) return "";
  return about.substr(0, about.find(", "));
}

bool is_lock_holder_known(const boost::filesystem::path& path) {
  const std::string about = read_file_if_there(path).value_or("");
  const pid_t pid = pid_in(about);
  if (pid == 0) return about.empty();
  return !is_there(pid) || holds(pid, path).has_value();
}

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

}  // namespace rollback
