#include "store/scratch.h"

#include <signal.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstdlib>

#include "os/sha256.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* kinds[] = {"rollback-index-", "rollback-merge-"};

}  // namespace

fs::path scratch_path(const fs::path& git_dir, const std::string& what) {
  return git_dir / ("rollback-" + what + "-" + std::to_string(getpid()) + "-" + random_hex(4));
}

void sweep_scratch(const fs::path& git_dir) {
  boost::system::error_code ignored;
  for (const auto& entry : fs::directory_iterator(git_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    for (const std::string kind : kinds) {
      if (!name.starts_with(kind)) continue;
      const pid_t owner = std::atoi(name.c_str() + kind.size());
      if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) {
        fs::remove_all(entry.path(), ignored);
      }
    }
  }
}

}  // namespace rollback
