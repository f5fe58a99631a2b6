#include "run/executor.h"

#include <algorithm>
#include <array>
#include <optional>

#include "os/fail_point.h"

namespace rollback {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

// The order of the swap: what the program reads before the program itself, and
// the code, which only people and tools read, last.
constexpr std::array swap_order{Kind::config, Kind::database, Kind::binaries, Kind::code};

size_t rank(Kind kind) {
  return static_cast<size_t>(std::find(swap_order.begin(), swap_order.end(), kind) -
                             swap_order.begin());
}

std::vector<PartPlan> in_swap_order(const Plan& plan) {
  std::vector<PartPlan> parts;
  for (const auto& part : plan.parts) {
    if (part.is_to_go()) parts.push_back(part);
  }
  std::stable_sort(parts.begin(), parts.end(), [](const PartPlan& a, const PartPlan& b) {
    return rank(a.kind) < rank(b.kind);
  });
  return parts;
}

using Hints = std::vector<std::string>;

// `then`: what to type where somebody else's change is in the way.
void go(Step& step, const Hints& then) {
  const Step::Seen seen = step.observe();
  if (seen.what == Observation::after) return;
  if (seen.what == Observation::foreign) {
    Hints hints = then;
    if (!seen.remedy.empty()) hints.insert(hints.begin(), seen.remedy);
    throw Refused(step.name() + ": " + seen.detail, hints);
  }
  fail_point("swap " + step.name() + " before");
  step.apply();
  const Step::Seen now = step.observe();
  if (now.what != Observation::after) {
    throw Refused(step.name() + " did not take effect" +
                  (now.detail.empty() ? "" : ": " + now.detail));
  }
  fail_point("swap " + step.name() + " after");
}

// Somebody else's change, or a failure.
struct InTheWay {
  std::string what;
  Hints hints = {};
};

// Nothing when it went.
std::optional<InTheWay> go_back(Step& step) try {
  const Step::Seen seen = step.observe();
  if (seen.what == Observation::before) return std::nullopt;
  if (seen.what == Observation::foreign) {
    if (seen.never_applied) return std::nullopt;
    return InTheWay{step.name() + ": " + seen.detail};
  }
  fail_point("back " + step.name() + " before");
  step.revert();
  fail_point("back " + step.name() + " after");
  return std::nullopt;
} catch (const Error& error) {
  return InTheWay{step.name() + ": " + error.what(), error.hints()};
} catch (const std::exception& error) {
  return InTheWay{step.name() + ": " + error.what()};
}

// Before anything is touched: is all of it ours? A step that never happened
// needs no way back.
void refuse_foreign(const std::vector<std::unique_ptr<Step>>& steps, Way way) {
  for (const auto& step : steps) {
    const Step::Seen seen = step->observe();
    if (seen.what != Observation::foreign || (way == Way::back && seen.never_applied)) continue;
    Hints hints{seen.remedy.empty() ? "put that right" : seen.remedy};
    if (seen.never_applied) {
      hints.insert(hints.end(),
                   {"then git rollback --continue", "or at once git rollback --abort"});
    } else {
      hints.emplace_back("then git rollback --continue, or git rollback --abort");
    }
    throw Refused(step->name() + ": " + seen.detail + "; nothing was touched", hints);
  }
}

}  // namespace

Executor::Executor(Journal& journal, std::vector<std::unique_ptr<Part>> parts,
                   std::vector<Service> services, Setting setting)
    : journal_(journal),
      parts_(std::move(parts)),
      services_(std::move(services)),
      setting_(std::move(setting)) {}

Part& Executor::part_of(const PartPlan& plan) {
  for (const auto& part : parts_) {
    if (part->kind() == plan.kind && part->component() == plan.component) return *part;
  }
  throw Fatal("the operation's part '" + plan.name() + "' is not in its configuration");
}

Executor::OwnedSteps Executor::steps_of(const PreparedPlan& prepared) {
  OwnedSteps all;
  for (const auto& plan : in_swap_order(prepared.plan)) {
    Steps steps = part_of(plan).steps(prepared.prepared.at(plan.name()));
    std::move(steps.swap.begin(), steps.swap.end(), std::back_inserter(all.swap));
    std::move(steps.settle.begin(), steps.settle.end(), std::back_inserter(all.settle));
  }
  return all;
}

PreparedPlan Executor::prepare(const Plan& plan,
                               const std::function<Request(const PartPlan&)>& request,
                               const LeaveOut& leave_out) {
  PreparedPlan prepared{.plan = plan, .prepared = {}};
  for (const auto& part : in_swap_order(plan)) {
    fail_point("prepare " + part.name() + " before");
    try {
      prepared.prepared[part.name()] = part_of(part).prepare(request(part));
    } catch (const Error& error) {
      if (!leave_out(prepared.plan, part, error)) throw;
      discard_or_give_up(prepared.plan, part);
    }
    fail_point("prepare " + part.name() + " after");
  }
  return prepared;
}

void Executor::discard_or_give_up(Plan& plan, const PartPlan& part) try {
  part_of(part).discard(plan.operation);
} catch (const Error& error) {
  for (auto& one : plan.parts) {
    if (one.name() == part.name()) one.given_up = error.what();
  }
}

CommandOutcome Executor::quiesce(bool tolerant) {
  fail_point("quiesce before");
  quiesced_ = true;
  for (const auto& service : services_) {
    const CommandOutcome outcome = service.quiesce(setting_.commands);
    if (!outcome.ok && !tolerant) return outcome;
  }
  fail_point("quiesce after");
  return {.ok = true, .problem = ""};
}

CommandOutcome Executor::activate() {
  fail_point("activate before");
  for (const auto& service : services_) {
    const CommandOutcome outcome = service.activate(setting_.commands);
    if (!outcome.ok) return outcome;
  }
  fail_point("activate after");
  return {.ok = true, .problem = ""};
}

std::string Executor::swap(const PreparedPlan& prepared, ExecutionResult& result) try {
  OwnedSteps steps = steps_of(prepared);
  for (const auto& step : steps.swap) step->get_ready();
  fail_point("ready");
  const auto began = Clock::now();
  // After a kill nobody knows whether it was stopped, so it is stopped again.
  if (const auto stopped = quiesce(setting_.recovering); !stopped.ok) {
    return "the service could not be stopped: " + stopped.problem;
  }
  const auto quiet = Clock::now();
  for (const auto& step : steps.swap) {
    go(*step, {"put that right, then run the rollback again"});
    ++swapped_;
  }
  result.swap = duration_cast<milliseconds>(Clock::now() - quiet);
  if (const auto started = activate(); !started.ok) {
    return "the service could not be started: " + started.problem;
  }
  result.downtime = duration_cast<milliseconds>(Clock::now() - began);
  // When the process that was killed stopped the service, nobody knows.
  result.at_most = setting_.recovering;
  if (result.at_most) {
    const auto& since = prepared.intended;
    result.downtime = since ? std::max(result.downtime, now() - *since) : milliseconds{0};
  }
  return "";
} catch (const Error& error) {
  result.hints = error.hints();
  return error.what();
} catch (const std::exception& error) {
  return error.what();
}

ExecutionResult Executor::forward(const PreparedPlan& prepared) {
  const std::string& operation = prepared.plan.operation;
  ExecutionResult result;
  if (setting_.recovering) {
    const OwnedSteps found = steps_of(prepared);
    refuse_foreign(found.swap, Way::forward);
    refuse_foreign(found.settle, Way::forward);
    journal_.set_state(operation, State::intended);
  }
  if (const std::string problem = swap(prepared, result); !problem.empty()) {
    return failed(prepared, problem, result.hints);
  }
  fail_point("verify before");
  const CommandOutcome verified = run_command(setting_.smoke_test, setting_.commands);
  fail_point("verify after");
  if (!verified.ok && !setting_.smoke_test_decides) {
    result.problem = "the smoke test fails here: " + verified.problem;
  } else if (!verified.ok && setting_.hold_on_failure) {
    journal_.set_state(operation, State::held);
    result.outcome = Outcome::held;
    result.problem = verified.problem;
    return result;
  } else if (!verified.ok) {
    return failed(prepared, "the smoke test failed: " + verified.problem, {});
  }
  journal_.set_state(operation, State::verified);
  fail_point("verified after");
  return result;
}

ExecutionResult Executor::failed(const PreparedPlan& prepared, const std::string& problem,
                                 const Hints& hints) {
  ExecutionResult result;
  result.outcome = Outcome::reverted;
  result.problem = problem;
  result.hints = hints;
  try {
    // Journalled first, for whoever finishes what is killed on the way back.
    PreparedPlan known = prepared;
    known.problem = problem;
    journal_.intend(prepared.plan.operation, to_text(known));
    if (const auto stopped = back(prepared); !stopped.empty()) {
      result.problem += "; the service could not be started: " + stopped;
    }
  } catch (const Refused& error) {
    throw Refused(problem + "; and on the way back: " + error.what(), error.hints());
  } catch (const std::exception& error) {
    throw Refused(problem + "; and on the way back: " + error.what(),
                  {"put that right, then git rollback --abort"});
  }
  return result;
}

std::string Executor::back(const PreparedPlan& prepared) {
  const std::string& operation = prepared.plan.operation;
  OwnedSteps steps = steps_of(prepared);
  if (setting_.recovering) {
    refuse_foreign(steps.swap, Way::back);
    refuse_foreign(steps.settle, Way::back);
  } else {
    // The step that failed is undone only if it is ours; those behind it never began.
    steps.swap.resize(std::min(steps.swap.size(), swapped_ + 1));
  }
  journal_.set_state(operation, State::reverting);
  fail_point("back before");
  const bool interrupted = quiesced_ || setting_.recovering;
  if (interrupted) quiesce(true);
  std::optional<InTheWay> in_the_way;
  for (auto* list : {&steps.settle, &steps.swap}) {
    for (size_t i = list->size(); i-- > 0;) {
      Step& step = *(*list)[i];
      const auto stands = go_back(step);
      // The step that failed did so, perhaps, since it found somebody else's change.
      const bool failed_here = !setting_.recovering && list == &steps.swap && i == swapped_;
      const bool theirs = failed_here && step.observe().what == Observation::foreign;
      if (stands && !theirs) in_the_way = stands;
    }
  }
  std::string stopped;
  if (interrupted) {
    if (const auto started = activate(); !started.ok) stopped = started.problem;
  }
  if (!stopped.empty() && !prepared.plan.gave_up()) {
    throw Refused("everything is as it began, but the service could not be started: " + stopped,
                  {"start it, then git rollback --abort"});
  }
  if (in_the_way) {
    auto hints = in_the_way->hints;
    hints.insert(hints.end(), {"git rollback status", "put that right, then git rollback --abort"});
    throw Refused(in_the_way->what + "; the rest is as it began", hints);
  }
  journal_.set_state(operation, State::discarding);
  fail_point("back after");
  discard(prepared.plan);
  return stopped;
}

void Executor::settle_steps(const PreparedPlan& prepared) {
  for (const auto& step : steps_of(prepared).settle) {
    go(*step, {"git rollback status", "then git rollback --continue, or git rollback --abort"});
  }
}

void Executor::leave(const PreparedPlan& prepared, PointDraft& left) {
  for (const auto& plan : in_swap_order(prepared.plan)) {
    fail_point("leave " + plan.name() + " before");
    part_of(plan).leave(prepared.prepared.at(plan.name()), left);
  }
}

std::vector<std::string> Executor::settle(const PreparedPlan& prepared) {
  std::vector<std::string> failures;
  for (const auto& plan : in_swap_order(prepared.plan)) {
    fail_point("settle " + plan.name() + " before");
    try {
      part_of(plan).settle(prepared.prepared.at(plan.name()));
    } catch (const std::exception& error) {
      failures.push_back(plan.name() + ": " + error.what());
    }
    fail_point("settle " + plan.name() + " after");
  }
  return failures;
}

void Executor::discard(const Plan& plan) {
  for (const auto& part : in_swap_order(plan)) {
    fail_point("discard " + part.name());
    part_of(part).discard(plan.operation);
  }
}

std::vector<Executor::StepState> Executor::look(const PreparedPlan& prepared) {
  std::vector<StepState> states;
  for (const auto& plan : in_swap_order(prepared.plan)) {
    std::string name = plan.name();
    try {
      Steps steps = part_of(plan).steps(prepared.prepared.at(plan.name()));
      for (auto* list : {&steps.swap, &steps.settle}) {
        for (const auto& step : *list) {
          name = step->name();
          states.push_back({plan.name(), name, step->observe(), list == &steps.settle});
        }
      }
    } catch (const std::exception& error) {
      states.push_back({plan.name(), name, {Observation::between}, false, error.what()});
    }
  }
  return states;
}

}  // namespace rollback
