// Where a command's data goes: standard output, or a file that is there whole or
// as it was before.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rollback {

class DataFile {
 public:
  // Nothing: standard output. Fatal where the file cannot be made. What is no
  // regular file, such as a pipe, is written as it is.
  explicit DataFile(const std::optional<std::string>& path);
  ~DataFile();  // unless finished, what was written is taken away
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  void write(std::string_view data);
  void finish();  // Fatal where anything got lost

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_;       // "" : standard output
  std::string temporary_;  // beside it; "" : it is written as it is
  struct Close {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace rollback
