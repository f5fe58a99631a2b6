// The story of DESIGN §1: resolve, assess, plan, prepare, intend, swap,
// verify, settle; and how one that was stopped is taken up again.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "plan/plan.h"
#include "run/executor.h"
#include "session/selection.h"
#include "session/session.h"
#include "session/standing.h"

namespace rollback {

struct RollbackRequest {
  std::string target = "last_stable";
  std::string components;  // a comma list; "" : all
  std::optional<Rows> rows;
  Risk accepted_loss = Risk::none;
  bool emergency = false;
  bool drop_undeployed = false;
  std::vector<std::string> preserve;     // classes of commit, commits, or "none"
  std::vector<std::string> no_preserve;  // commits
  OnConflict on_conflict = OnConflict::stop;
  bool conflicts_chosen = false;  // the user said which
  bool again = false;
  bool branch_only = false;  // only code is selected, and nothing but a branch is made
  std::string reason;
  std::string operation = {};  // planned anew under its id, see session/conflicted.h; "": a new one
  std::string resolutions = {};  // of its conflicts, see Part::take_resolution()
};

// Either a plan, or a sentence that there is nothing to plan.
struct Planned {
  std::optional<Plan> plan;
  std::string already_live;
};

Planned plan_rollback(const Session& session, const RollbackRequest& request);

// What a plan asks of each of its parts, and the losses that it accepts. Of one
// that was assessed, to be prepared as it was shown.
Request request_for(const Session& session, const Plan& plan, const RollbackRequest& asked,
                    const PartPlan* assessed = nullptr);
LossPolicy policy_of(const Session& session, const RollbackRequest& request);

// Of the last rollback; called again, of the one before. Refused after a later
// deploy.
Planned plan_undo(const Session& session, const RollbackRequest& request);

struct RollbackReport {
  Plan plan;  // as it was carried out: while preparing, an emergency may have left a part out
  Outcome outcome = Outcome::done;
  std::string operation;
  std::string target;  // the point
  std::string problem;
  std::vector<std::string> hints = {};  // what to type next then
  std::vector<PartPlan> left_out;       // for the sake of their rows, or given up
  std::string left;                     // the point that records the state which was left
  std::vector<std::string> set_aside;   // a sentence for each table with rows that had no place
  // Done and recorded, but what it no longer needs is still there, and why, a line for
  // each part; it stays in flight, for --continue.
  std::vector<std::string> not_cleaned = {};
  std::vector<PartPlan> uncleaned = {};  // the same of those that were given up since
  std::vector<std::string> ways = {};    // to end it all the same, see session/giving_up.h
  std::string stopped = {};              // why the service does not run, where a part was given up
  std::chrono::milliseconds downtime{0}, swap{0};
  bool at_most = false;  // see ExecutionResult

  bool partial() const { return !left_out.empty(); }
  bool gave_up() const;  // a part, before its rollback was recorded
};

// Exactly the parts of the plan, the code part of its components as one.
Selection selection_of(const Plan& plan);

// Carries out a plan without refusals. One that is planned anew waits for a person
// in the journal until its intent is written, and again where that fails.
RollbackReport carry_out(ChangingSession& session, const Plan& plan,
                         const RollbackRequest& request);

struct MadeBranch {
  std::string name;    // "rollback/<operation>"
  std::string commit;  // a child of HEAD
};

// What the request selects. Usage for what is not there, and for a part named
// beside --branch-only that is no code.
Selection selection_for(const RollbackRequest& request, const Configuration& configuration);

// Of a plan for --branch-only: writes the commit that the rollback would move
// the current branch to, and the branch that holds it; no file, record or event.
MadeBranch make_branch(ChangingSession& session, const Plan& plan, const RollbackRequest& request);

// Goes forward, or back, with the operation in flight. Throws Fatal when there
// is none, or when it is past the point of going back. One that was killed before
// its intent can only go back. One that waits for a person goes on by
// continue_conflicted(). `components`: the parts that go, see session/giving_up.h; "" : all.
RollbackReport continue_operation(ChangingSession& session, const std::string& components);
RollbackReport abort_operation(ChangingSession& session, const std::string& components);

// Forgets one that was stopped before its intent or waits for a person, with what it had
// prepared. Throws Refused once the intent was written, but where no part of it can go either
// way any more: then all are given up. Fatal when there is none.
RollbackReport quit_operation(ChangingSession& session);

// What each step of the operation in flight finds; for `status`.
std::vector<Executor::StepState> look_at_operation(const Session& session, const OperationRow& row);

}  // namespace rollback
