#include "store/temporary_index.h"

#include <signal.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstdlib>

#include "os/sha256.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* prefix = "rollback-index-";

}  // namespace

TemporaryIndex::TemporaryIndex(const Git& git)
    : file_(git.git_dir() / (prefix + std::to_string(getpid()) + "-" + random_hex(4))) {}

TemporaryIndex::~TemporaryIndex() {
  boost::system::error_code ignored;
  fs::remove(file_, ignored);
}

std::map<std::string, std::string> TemporaryIndex::environment() const {
  return {{"GIT_INDEX_FILE", file_.string()}};
}

void TemporaryIndex::sweep(const fs::path& git_dir) {
  boost::system::error_code ignored;
  for (const auto& entry : fs::directory_iterator(git_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    const pid_t owner = std::atoi(name.c_str() + std::string(prefix).size());
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) fs::remove(entry.path(), ignored);
  }
}

}  // namespace rollback
