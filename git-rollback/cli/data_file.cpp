#include "cli/data_file.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstring>

#include "cli/terminal.h"
#include "os/error.h"
#include "os/file.h"

namespace rollback {
namespace fs = boost::filesystem;

DataFile::DataFile(const std::optional<std::string>& path) {
  if (!path) return;
  path_ = *path;
  boost::system::error_code ignored;
  const auto type = fs::status(path_, ignored).type();
  if (type == fs::directory_file) throw Fatal("'" + path_ + "' is a folder");
  // Through a link, too, the file that it leads to is the one that is meant.
  const bool as_it_is = type != fs::file_not_found && type != fs::regular_file;
  const fs::path meant = type == fs::regular_file ? fs::canonical(path_) : fs::path(path_);
  if (!as_it_is) {
    path_ = meant.string();
    temporary_ = path_ + ".git-rollback-" + std::to_string(getpid());
  }
  file_.reset(std::fopen((as_it_is ? path_ : temporary_).c_str(), "we"));
  if (!file_) fail("create");
}

DataFile::~DataFile() {
  if (file_ && !temporary_.empty()) (void)::unlink(temporary_.c_str());
}

void DataFile::fail(const char* what) const {
  throw Fatal(std::string("cannot ") + what + " '" + path_ + "': " + strerror(errno));
}

void DataFile::write(std::string_view data) {
  if (!file_) return print(data);
  if (std::fwrite(data.data(), 1, data.size(), file_.get()) != data.size()) fail("write");
}

void DataFile::finish() {
  if (!file_) return flush_output();
  if (std::fflush(file_.get()) != 0) fail("write");
  if (!temporary_.empty()) {
    if (::fsync(fileno(file_.get())) != 0) fail("write");
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail("replace");
    temporary_.clear();
    const fs::path folder = fs::path(path_).parent_path();
    sync_directory(folder.empty() ? "." : folder);
  }
  file_.reset();
}

}  // namespace rollback
