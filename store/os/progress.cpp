#include "os/progress.h"

namespace rollback {
namespace {

ProgressListener* listener = nullptr;

struct UnderWay {
  bool is = false;
  Unit unit = Unit::rows;
  std::uint64_t done = 0;
};
thread_local UnderWay under_way;  // work of other threads is not drawn into this one's

}  // namespace

void set_progress_listener(ProgressListener* new_listener) { listener = new_listener; }

bool progress_is_heard() { return listener != nullptr; }

Work::Work(std::string_view what, Unit unit, std::uint64_t total) {
  if (listener == nullptr || under_way.is) return;
  outermost_ = true;
  under_way = {true, unit, 0};
  listener->begun(what, unit, total);
}

Work::~Work() {
  if (!outermost_) return;
  under_way.is = false;
  if (listener != nullptr) listener->ended();
}

Waiting::Waiting(std::string_view for_what) {
  if (under_way.is && listener != nullptr) listener->waits(for_what);
}

Waiting::~Waiting() {
  if (under_way.is && listener != nullptr) listener->waits("");
}

void passed(Unit unit, std::uint64_t count) {
  if (!under_way.is || under_way.unit != unit || listener == nullptr) return;
  under_way.done += count;
  listener->reached(under_way.done);
}

}  // namespace rollback
