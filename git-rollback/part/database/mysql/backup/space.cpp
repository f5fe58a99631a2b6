#include "part/database/mysql/backup/space.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace rollback::mysql {
namespace {

// A port can lead anywhere, a socket only to this machine or into a container
// whose host name is its own.
bool is_on_this_machine(Session& session, const Endpoint& endpoint) {
  if (endpoint.socket.empty()) return false;
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 &&
         session.text("SELECT @@hostname") == name.data();
}

}  // namespace

std::optional<Volume> volume_of(Session& session, const Endpoint& endpoint) {
  if (!is_on_this_machine(session, endpoint)) return std::nullopt;
  const std::string folder = session.text("SELECT @@datadir");
  struct stat file {};
  struct statvfs filesystem {};
  if (stat(folder.c_str(), &file) != 0 || statvfs(folder.c_str(), &filesystem) != 0) {
    return std::nullopt;
  }
  const auto fragment = static_cast<std::int64_t>(filesystem.f_frsize);
  return Volume{.id = file.st_dev,
                .total_bytes = static_cast<std::int64_t>(filesystem.f_blocks) * fragment,
                .free_bytes = static_cast<std::int64_t>(filesystem.f_bavail) * fragment};
}

std::int64_t reserve_of(const Volume& volume) {
  constexpr std::int64_t most = 5'000'000'000;
  return std::min(volume.total_bytes / 20, most);
}

}  // namespace rollback::mysql
