// Draws how far slow work is on standard error, where that is a terminal: what,
// how much of how much, the rate, the time left. Standard output never sees it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "os/progress.h"

namespace rollback {

class ProgressBar : public ProgressListener {
 public:
  // Nothing where standard error is no terminal, or this runs in its background.
  // GIT_PROGRESS_DELAY, git's own variable, says after how many seconds the
  // first line is drawn; here by default 1. Throws Usage for no number.
  static std::unique_ptr<ProgressBar> where_seen();

  void begun(std::string_view what, Unit unit, std::uint64_t total) override;
  void reached(std::uint64_t done) override;
  void ended() override;
  void waits(std::string_view for_what) override;

 private:
  using Clock = std::chrono::steady_clock;
  explicit ProgressBar(std::chrono::seconds delay) : delay_(delay) {}

  std::chrono::seconds delay_;
  std::string what_, waits_for_;
  Unit unit_ = Unit::rows;
  std::uint64_t total_ = 0;
  Clock::time_point start_, next_;
};

// What is drawn after `elapsed`, in at most `width` columns.
std::string progress_line(std::string_view what, Unit unit, std::uint64_t done, std::uint64_t total,
                          std::chrono::milliseconds elapsed, size_t width);

// Takes the line off the terminal, so that a message can follow.
void hide_progress();

}  // namespace rollback
