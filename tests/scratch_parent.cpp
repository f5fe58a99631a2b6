#include "scratch_parent.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>

namespace rollback {
namespace {

constexpr const char* memory = "/dev/shm";
constexpr unsigned long long room_for_all = 2ULL << 30;

bool has_room() {
  struct statvfs found {};
  if (access(memory, W_OK) != 0 || statvfs(memory, &found) != 0) return false;
  if ((found.f_flag & ST_NOEXEC) != 0) return false;  // scripts are run there
  return static_cast<unsigned long long>(found.f_bavail) * found.f_frsize > room_for_all;
}

}  // namespace

boost::filesystem::path scratch_parent() {
  if (getenv("TMPDIR") == nullptr && has_room()) return memory;
  return boost::filesystem::temp_directory_path();
}

}  // namespace rollback
