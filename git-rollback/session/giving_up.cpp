#include "session/giving_up.h"

#include <algorithm>
#include <set>

#include "os/error.h"
#include "os/fail_point.h"
#include "plan/plan_text.h"
#include "run/stuck.h"
#include "session/parts.h"
#include "session/rollback.h"
#include "session/selection.h"
#include "session/work_trees.h"
#include "store/git.h"

namespace rollback {
namespace {

using PartNames = std::set<std::string>;

// As --components takes it: the code part of several components is named by each.
std::string words_for(const PartPlan& part) {
  std::string words;
  for (const auto component : split(part.component, ',')) {
    words +=
        (words.empty() ? "" : ",") + std::string(component) + "/" + std::string(name_of(part.kind));
  }
  return words;
}

std::string listed(const Stuck& parts) {
  std::string names;
  for (const auto& [name, why] : parts) names += (names.empty() ? "" : ", ") + name;
  return names;
}

// The operation in flight, and what can be done with it.
struct Halted {
  OperationRow row;
  PreparedPlan prepared;
  bool recorded = false;
  Stuck forward, back;

  const Stuck& stuck(Way way) const { return way == Way::forward ? forward : back; }
  // Those that `stuck` leaves, as --components takes them; "": none.
  std::string others(const Stuck& stuck) const {
    std::string words;
    for (const auto& part : prepared.plan.parts) {
      if (!part.is_to_go() || stuck.count(part.name()) != 0) continue;
      words += (words.empty() ? "" : ",") + words_for(part);
    }
    return words;
  }
  bool all_stuck() const { return others(forward).empty() && (recorded || others(back).empty()); }
};

Halted halted_at(const Session& session, const OperationRow& row,
                 const std::vector<Executor::StepState>& steps) {
  Halted halted{.row = row,
                .prepared = prepared_plan_from(row.plan),
                .recorded = !can_go_back(session.repository, row),
                .forward = {},
                .back = {}};
  const State state = halted.recorded ? State::published : row.state;
  halted.back = stuck_parts(steps, Way::back, state);
  // What is back already does not go forward any more.
  halted.forward =
      state == State::discarding ? halted.back : stuck_parts(steps, Way::forward, state);
  return halted;
}

std::vector<std::string> ways_of(const Halted& halted) {
  std::vector<std::string> ways;
  const auto add = [&](const Stuck& stuck, const std::string& then, const std::string& option) {
    const std::string others = halted.others(stuck);
    if (stuck.empty() || others.empty()) return;
    ways.push_back("to give up " + listed(stuck) + " and " + then + ": git rollback " + option +
                   " --components " + others);
  };
  if (halted.recorded) {
    add(halted.forward, "clean up the rest", "--continue");
  } else {
    const bool is_back = halted.row.state == State::discarding;
    if (!is_back) add(halted.forward, "go forward with the rest", "--continue");
    add(halted.back, "go back with the rest", "--abort");
  }
  if (!halted.forward.empty() && halted.all_stuck()) {
    ways.push_back("to give up " + listed(halted.forward) + ": git rollback --quit");
  }
  return ways;
}

void give_up(PartPlan& part, const std::string& why, bool recorded) {
  part.given_up = why;
  if (!recorded) part.fate = Fate::left_out;
}

void journal(ChangingSession& changing, Halted& halted, const PartNames& names, Way way) {
  Plan& plan = halted.prepared.plan;
  for (auto& part : plan.parts) {
    if (!part.is_to_go() || names.count(part.name()) == 0) continue;
    give_up(part, halted.stuck(way).at(part.name()), halted.recorded);
    if (part.kind == Kind::database) plan.rows_lost.reset();  // of this part nobody knows
  }
  fail_point("give up before");
  changing.journal().give_up(plan.operation, to_text(halted.prepared));
  fail_point("give up after");
}

bool is_named(const PartPlan& part, const Selection& selection) {
  const auto components = split(part.component, ',');
  return std::any_of(components.begin(), components.end(), [&](std::string_view component) {
    const auto found = selection.find(std::string(component));
    return found != selection.end() && found->second.count(part.kind) != 0;
  });
}

// Of a database that answers, and to which nothing can be written: its server is read-only,
// or the login has lost a privilege.
void add_those_without_a_way(const Session& session, Halted& halted) {
  const Session there = session_of(session, halted.row);
  for (const auto& part : all_parts(there)) {
    const std::string name = part->name();
    const auto& parts = halted.prepared.plan.parts;
    const bool goes = std::any_of(parts.begin(), parts.end(), [&](const PartPlan& plan) {
      return plan.is_to_go() && plan.name() == name;
    });
    if (part->kind() != Kind::database || !goes) continue;
    for (const Check& check : part->diagnose(Depth::quick)) {
      if (check.level != Check::Level::problem) continue;
      halted.forward.try_emplace(name, check.what);
      halted.back.try_emplace(name, check.what);
    }
  }
}

Halted look_at(ChangingSession& changing, const OperationRow& row) {
  Halted halted = halted_at(changing.session(), row, look_at_operation(changing.session(), row));
  add_those_without_a_way(changing.session(), halted);
  return halted;
}

// Those that are not named, all of which cannot go.
PartNames left_out(const Halted& halted, const Selection& selection, Way way) {
  const std::string option = way == Way::forward ? "--continue" : "--abort";
  const std::string there = way == Way::forward ? " forward" : " back";
  const Stuck& stuck = halted.stuck(way);
  PartNames names;
  bool any = false;
  for (const auto& part : halted.prepared.plan.parts) {
    const std::string name = part.name();
    const bool named = is_named(part, selection);
    if (named && !part.given_up.empty()) {
      throw Refused(name + " was given up, and stays so", {"git rollback " + option});
    }
    if (!part.is_to_go()) continue;
    any = any || named;
    const bool is_stuck = stuck.count(name) != 0;
    if (named && is_stuck) {
      throw Refused(name + " cannot go" + there + ": " + stuck.at(name) + "; nothing was touched",
                    ways_of(halted));
    }
    if (!named && !is_stuck) {
      std::vector<std::string> hints{"git rollback " + option};
      if (!stuck.empty()) hints = ways_of(halted);
      throw Refused(name + " can go" + there +
                        ", and only what cannot is left out of an operation"
                        " in flight; nothing was touched",
                    hints);
    }
    if (!named) names.insert(name);
  }
  if (!any) {
    throw Usage("--components names no part of operation " + halted.row.id + " that goes");
  }
  return names;
}

}  // namespace

void give_up_others(ChangingSession& changing, Way way, const std::string& components) {
  const auto row = changing.journal().in_flight();
  if (components.empty() || !row) return;
  if (row->state == State::conflicted) {
    throw Refused("operation " + row->id +
                      " waits for you to resolve a conflict: nothing of it has gone, and nothing is"
                      " left out",
                  {"git rollback --abort, and then git rollback with the --components that go"});
  }
  const Selection selection = parse_selection(components, configuration_of(*row));
  Halted halted = look_at(changing, *row);
  if (row->state == State::discarding) way = Way::back;
  if (halted.recorded) way = Way::forward;  // neither goes the other way any more
  const PartNames those = left_out(halted, selection, way);
  if (!those.empty()) journal(changing, halted, those, way);
}

void give_up_all(ChangingSession& changing) {
  const auto row = changing.journal().in_flight();
  if (!row) return;
  Halted halted = look_at(changing, *row);
  if (!halted.all_stuck()) {
    auto hints = ways_of(halted);
    if (hints.empty() || halted.forward.empty()) hints.emplace_back("git rollback --continue");
    if (!halted.recorded && halted.back.empty()) hints.emplace_back("git rollback --abort");
    throw Refused("operation " + row->id + " has written its intent, and cannot be forgotten",
                  hints);
  }
  PartNames those;
  for (const auto& [name, why] : halted.forward) those.insert(name);
  if (!those.empty()) journal(changing, halted, those, Way::forward);
}

std::vector<std::string> ways_without_stuck(const Session& session, const OperationRow& row,
                                            const std::vector<Executor::StepState>& steps) {
  return ways_of(halted_at(session, row, steps));
}

std::vector<std::string> ways_without_stuck(ChangingSession& changing) try {
  const auto row = changing.journal().in_flight();
  if (!row || row->state == State::conflicted || row->state == State::preparing) return {};
  return ways_of(look_at(changing, *row));
} catch (const std::exception&) {
  return {};
}

}  // namespace rollback
