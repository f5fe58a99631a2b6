#include "os/notice.h"

#include <utility>

namespace rollback {
namespace {

std::function<void(const Notice&)>& listener() {
  static std::function<void(const Notice&)> one;
  return one;
}

}  // namespace

void set_notice_listener(std::function<void(const Notice&)> new_listener) {
  listener() = std::move(new_listener);
}

void give_notice(const Notice& notice) {
  if (listener()) listener()(notice);
}

}  // namespace rollback
