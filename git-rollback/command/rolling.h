// What the main command and `undo` share: from a plan to its outcome, shown,
// asked about, carried out and reported.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/options.h"
#include "session/rollback.h"

namespace rollback {

struct RollingOptions {
  bool dry_run = false, yes = false, json = false;
  bool emergency = false, again = false, drop_undeployed = false, branch_only = false;
  std::optional<std::string> target, rows, accept_data_loss, conflicts, reason;
  std::string components, preserve, no_preserve;  // comma lists
};

// The options that both have.
void add_common_options(Options& options, RollingOptions& values);

RollbackRequest request_from(const RollingOptions& values);

using PlanMaker = std::function<Planned(const Session&, const RollbackRequest&)>;
int plan_and_run(const RollingOptions& values, const PlanMaker& make);

void show_plan(const Session& session, const RollingOptions& values, const Plan& plan);

// Says how an operation ended; the exit code.
int report_outcome(const RollbackReport& report);
// The same of one that was carried out just now, with what it leaves to a person.
int report_done(const ChangingSession& changing, const Plan& plan, const RollbackReport& report);
int report_branch(const MadeBranch& made);

// By an option, or by a person who is asked; else it says why not.
bool agreed(const RollingOptions& values, const Plan& plan);

void say_nothing_to_do(const Plan& plan);

// What brings back a part that a rollback left out, once it is said what becomes
// of its rows. `part`: its name.
std::string command_to_bring_back(const std::string& part, const std::string& point);

// The target is live, whole.
bool succeeded(const RollbackReport& report);

}  // namespace rollback
