#include "run/watched_command.h"

#include <fcntl.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>

#include "os/descriptor.h"
#include "os/error.h"

namespace rollback {
namespace {

constexpr auto look_again = std::chrono::milliseconds(40);

// What was added since the last time.
class Tail {
 public:
  explicit Tail(const boost::filesystem::path& file)
      : file_(open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600)) {
    if (!file_) throw Fatal("cannot open '" + file.string() + "': " + strerror(errno));
    lseek(file_.get(), 0, SEEK_END);
  }

  void pass_on(const std::function<void(std::string_view)>& heard) {
    char buffer[16384];
    for (ssize_t n; (n = read(file_.get(), buffer, sizeof buffer)) > 0;) {
      heard({buffer, static_cast<size_t>(n)});
    }
  }

 private:
  Descriptor file_;
};

}  // namespace

Finished run_watched(Command command, const boost::filesystem::path& log,
                     const std::function<void(std::string_view)>& heard) {
  boost::filesystem::create_directories(log.parent_path());
  Tail tail(log);
  command.output = Command::Output::file;
  command.output_file = log;
  auto finished = std::async(std::launch::async, [&command] { return run(command); });
  while (finished.wait_for(look_again) != std::future_status::ready) tail.pass_on(heard);
  tail.pass_on(heard);
  return finished.get();
}

}  // namespace rollback
