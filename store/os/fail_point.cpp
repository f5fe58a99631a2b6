#include "os/fail_point.h"

#ifdef GIT_ROLLBACK_FAIL_POINTS

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>
#include <string>

#include "os/descriptor.h"

namespace rollback {
namespace {

std::function<void(std::string_view)> of_test;

}  // namespace

void at_fail_points(std::function<void(std::string_view name)> work) { of_test = std::move(work); }

void fail_point(std::string_view name) {
  if (of_test) return of_test(name);
  static const char* const wanted = getenv("GIT_ROLLBACK_FAIL_POINT");
  static const char* const log = getenv("GIT_ROLLBACK_FAIL_POINT_LOG");
  if (wanted == nullptr && log == nullptr) return;

  static std::map<std::string, int> passed;
  std::string label(name);
  const int count = ++passed[label];
  if (count > 1) label += "#" + std::to_string(count);
  if (log != nullptr) {
    const Descriptor file(open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    const std::string line = label + "\n";
    if (write(file.get(), line.data(), line.size()) < 0) _exit(125);
  }
  if (wanted != nullptr && label == wanted) {
    kill(0, SIGKILL);
    pause();
  }
}

}  // namespace rollback

#endif
