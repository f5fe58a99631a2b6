#include "store/temporary_index.h"

#include <boost/filesystem/operations.hpp>

#include "store/scratch.h"

namespace rollback {
namespace fs = boost::filesystem;

TemporaryIndex::TemporaryIndex(const Git& git) : file_(scratch_path(git.git_dir(), "index")) {}

TemporaryIndex::~TemporaryIndex() {
  boost::system::error_code ignored;
  fs::remove(file_, ignored);
}

std::map<std::string, std::string> TemporaryIndex::environment() const {
  return {{"GIT_INDEX_FILE", file_.string()}};
}

}  // namespace rollback
