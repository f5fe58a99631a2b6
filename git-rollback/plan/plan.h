// A plan is data: what --dry-run prints is what runs. It knows no I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "part/part.h"
#include "part/risk.h"
#include "store/live.h"
#include "store/point.h"

namespace rollback {

enum class Fate {
  goes,      // back to the target
  already,   // at the target: nothing to do
  refused,   // cannot; the whole plan stands still
  left_out,  // cannot, or not without losing rows, and the others go without it
};

struct PartPlan {
  std::string component;  // "playerbot"; of the code part, all of its components with commas
  Kind kind = Kind::code;
  Fate fate = Fate::goes;
  Assessment assessment;
  // Why it could not go any more while the operation was in flight, so that a person gave
  // it up: it is left out then, or, where its rollback was recorded already, not cleaned
  // up. "": nobody did.
  std::string given_up = {};

  // Is there anything to be done with it, or to be looked at?
  bool is_to_go() const { return fate == Fate::goes && given_up.empty(); }
  std::string name() const { return part_name(component, kind); }
};

struct Refusal {
  std::string reason;
  std::vector<std::string> hints;
  bool can_be_resolved = false;  // by a person, see Part::open_conflict()
};

struct Plan {
  std::string operation;  // its id
  std::string environment;
  std::string git_dir, work_tree;  // where it began; no work tree: bare
  std::string reason;              // the user's --reason
  std::string undoes;              // the operation that this one undoes; else empty
  Time started{};
  Point target;
  LiveRecord live;  // what is left
  std::vector<PartPlan> parts;
  std::vector<std::string> components;  // all that were selected
  bool complete = false;                // every part of every component was selected

  std::optional<Risk> risk = Risk::none;  // nothing: the loss is unknown
  std::optional<std::int64_t> rows_lost = 0;
  std::optional<std::chrono::milliseconds> downtime;  // nothing: never measured here
  std::vector<std::string> features;
  std::vector<Refusal> refusals;

  bool nothing_to_do() const;   // nothing goes, and nothing is refused
  bool only_conflicts() const;  // refused for nothing but what a person can resolve
  bool partial() const;         // a part was left out
  bool gave_up() const;         // a part was given up
  bool goes_fully() const { return complete && !partial(); }
};

// The losses that the user accepted.
struct LossPolicy {
  Risk accepted = Risk::none;
  std::int64_t minimal = 10;  // rollback.minimalLoss
  bool emergency = false;     // leave a part out rather than lose rows or stand still for them

  // The most rows that a part may lose.
  std::int64_t limit() const;
};

// Decides the fate of each part and what the whole comes to. Pure: everything
// that was looked at stands in `draft` (its parts with their assessments).
Plan make_plan(Plan draft, const LossPolicy& policy);

// Of a part that goes, and of which it is found out later that it cannot.
void leave_out(Plan& plan, const std::string& part, const Obstacle& why, const LossPolicy& policy);

}  // namespace rollback
