#include "cli/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/terminal.h"
#include "os/counted.h"
#include "os/error.h"

namespace rollback {
namespace {

constexpr auto between_draws = std::chrono::milliseconds(200);
constexpr size_t widest_bar = 30, narrowest_bar = 8;

// What takes the line away again; a signal handler may read it.
volatile std::sig_atomic_t drawn = 0;
std::array<char, 512> eraser{};
size_t eraser_size = 0;

void write_all(const char* text, size_t size) {
  while (size > 0) {
    const ssize_t n = write(STDERR_FILENO, text, size);
    if (n <= 0) return;  // nobody looks any more
    text += n;
    size -= static_cast<size_t>(n);
  }
}

size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool is_dumb() {
  const char* term = getenv("TERM");
  return term == nullptr || strcmp(term, "dumb") == 0;
}

void prepare_eraser(size_t width) {
  std::string text = "\r\x1b[K";
  if (is_dumb()) text = "\r" + std::string(std::min(width, eraser.size() - 2), ' ') + "\r";
  eraser_size = text.copy(eraser.data(), eraser.size());
}

// The signals that end us while a line is drawn: it goes first.
class Signals {
 public:
  void take() {
    for (size_t i = 0; i < ending.size(); ++i) {
      struct sigaction ours {};
      ours.sa_handler = erase_and_die;
      sigaction(ending[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_DFL) sigaction(ending[i], &ours, nullptr);
    }
  }
  void give_back() {
    for (size_t i = 0; i < ending.size(); ++i) sigaction(ending[i], &before_[i], nullptr);
  }

 private:
  static constexpr std::array ending{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  static void erase_and_die(int signal) {
    if (drawn != 0) write_all(eraser.data(), eraser_size);
    std::signal(signal, SIG_DFL);
    raise(signal);
  }

  std::array<struct sigaction, ending.size()> before_{};
};
Signals signals;

void draw(const std::string& line, size_t width) {
  if (drawn == 0) {
    prepare_eraser(width);
    flush_output();  // what was said before stands before it
    drawn = 1;
    signals.take();
  }
  const std::string text = std::string(eraser.data(), eraser_size) + line;
  write_all(text.data(), text.size());
}

// "1.2 GB", "340.0 kB", "1234 rows".
std::string amount(double count, Unit unit, bool with_unit = true) {
  if (unit != Unit::bytes) {
    const auto number = static_cast<std::int64_t>(count);
    if (!with_unit) return std::to_string(number);
    return counted(number, unit == Unit::rows ? "row" : "point");
  }
  constexpr std::array names{"bytes", "kB", "MB", "GB", "TB"};
  size_t step = 0;
  for (; count >= 1000 && step + 1 < names.size(); ++step) count /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), step == 0 ? "%.0f %s" : "%.1f %s", count, names[step]);
  return text.data();
}

// "5 s", "3:20 min", "2:05 h".
std::string time_in_words(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  const bool hours = whole >= 3600;
  const long long big = hours ? whole / 3600 : whole / 60;
  const long long small = hours ? whole / 60 % 60 : whole % 60;
  return std::to_string(big) + (small < 10 ? ":0" : ":") + std::to_string(small) +
         (hours ? " h" : " min");
}

std::string bar_of(std::uint64_t done, std::uint64_t total, size_t width) {
  const auto filled = static_cast<size_t>(static_cast<double>(done) / static_cast<double>(total) *
                                          static_cast<double>(width));
  std::string bar(filled, '=');
  if (filled < width) bar += '>';
  bar.resize(width, ' ');
  return " [" + bar + "]";
}

std::string time_line(double seconds, std::uint64_t limit) {
  return time_in_words(seconds) +
         (limit > 0 ? ", at most " + time_in_words(static_cast<double>(limit)) : "");
}

// The last column stays free: some terminals go to the next line there.
std::string fitting(const std::string& line, size_t width) {
  size_t end = std::min(line.size(), width > 0 ? width - 1 : 0);
  while (end < line.size() && end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) {
    --end;  // not within a character
  }
  return line.substr(0, end);
}

std::chrono::seconds delay_wanted() {
  const char* text = getenv("GIT_PROGRESS_DELAY");
  if (text == nullptr) return std::chrono::seconds(1);
  unsigned seconds = 0;
  const char* end = text + strlen(text);
  const auto [stop, error] = std::from_chars(text, end, seconds);
  if (error != std::errc() || stop != end) throw Usage("failed to parse GIT_PROGRESS_DELAY");
  return std::chrono::seconds(seconds);
}

}  // namespace

std::string progress_line(std::string_view what, Unit unit, std::uint64_t done, std::uint64_t total,
                          std::chrono::milliseconds elapsed, size_t width) {
  const double seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
  const double rate = static_cast<double>(done) / seconds;
  std::string name = printable(what), numbers;
  if (unit == Unit::seconds) return fitting(name + ": " + time_line(seconds, total), width);
  if (total > 0) {
    done = std::min(done, total);  // a total may have been counted a moment ago
    std::string percent = std::to_string(done * 100 / total);
    percent.insert(0, 3 - std::min<size_t>(3, percent.size()), ' ');
    numbers = " " + percent + "% (" + amount(static_cast<double>(done), unit, false) + " of " +
              amount(static_cast<double>(total), unit) + ")";
  } else {
    numbers = " " + amount(static_cast<double>(done), unit);
  }
  numbers += ", " + amount(rate, unit, false) + "/s";
  if (total > 0 && done > 0) {
    numbers += ", " + time_in_words(static_cast<double>(total - done) / rate) + " left";
  }
  std::string line = name + ":" + numbers;
  if (line.size() >= width) return fitting(line, width);
  const size_t room = width - 1 - line.size();
  if (total == 0 || room < narrowest_bar + 3) return line;
  return name + ":" + bar_of(done, total, std::min(widest_bar, room - 3)) + numbers;
}

std::unique_ptr<ProgressBar> ProgressBar::where_seen() {
  if (isatty(STDERR_FILENO) == 0) return nullptr;
  const pid_t foreground = tcgetpgrp(STDERR_FILENO);
  if (foreground >= 0 && foreground != getpgrp()) return nullptr;
  return std::unique_ptr<ProgressBar>(new ProgressBar(delay_wanted()));
}

void ProgressBar::begun(std::string_view what, Unit unit, std::uint64_t total) {
  what_ = what;
  waits_for_.clear();
  unit_ = unit;
  total_ = total;
  start_ = Clock::now();
  next_ = start_ + delay_;
}

void ProgressBar::reached(std::uint64_t done) {
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + between_draws;
  const size_t width = terminal_width();
  const std::string what = waits_for_.empty() ? what_ : "waiting for " + waits_for_;
  draw(progress_line(what, unit_, done, total_,
                     std::chrono::duration_cast<std::chrono::milliseconds>(now - start_), width),
       width);
}

void ProgressBar::waits(std::string_view for_what) { waits_for_ = for_what; }

void ProgressBar::ended() { hide_progress(); }

void hide_progress() {
  if (drawn == 0) return;
  write_all(eraser.data(), eraser_size);
  drawn = 0;
  signals.give_back();
}

}  // namespace rollback
