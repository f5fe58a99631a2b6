// How far slow work is, for whoever listens. What does the work counts; only
// the top of the house knows whether there is a terminal, and draws.
#pragma once

#include <cstdint>
#include <string_view>

namespace rollback {

// Of seconds nothing is counted: they pass by themselves, and their total is a
// limit. passed(Unit::seconds, 0) says that the work goes on.
enum class Unit { rows, bytes, points, seconds };

class ProgressListener {
 public:
  virtual ~ProgressListener() = default;
  // `total` 0: not known.
  virtual void begun(std::string_view what, Unit unit, std::uint64_t total) = 0;
  // Called for every row: must cost next to nothing.
  virtual void reached(std::uint64_t done) = 0;
  virtual void ended() = 0;
  virtual void waits(std::string_view for_what) = 0;  // "": no more
};

// One for the whole program; null, as at the start: nobody listens.
void set_progress_listener(ProgressListener* listener);
// Whether a total is worth counting.
bool progress_is_heard();

// Work under way for as long as this lives. Work within work is part of it, and
// only what is counted in the outer one's unit counts. One thread alone works.
class Work {
 public:
  Work(std::string_view what, Unit unit, std::uint64_t total);
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

 private:
  bool outermost_ = false;
};

// That the work under way stands still, and what for.
class Waiting {
 public:
  explicit Waiting(std::string_view for_what);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
};

// Counts for the work under way, if there is any in that unit.
void passed(Unit unit, std::uint64_t count = 1);

}  // namespace rollback
