// Carries a plan out, and recovers one that was stopped. It drives parts by
// their interface alone, and decides by what it observes: a journal entry says
// only that an operation is in flight, never how far it came.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "os/error.h"
#include "part/part.h"
#include "plan/plan_text.h"
#include "run/service.h"
#include "store/journal.h"

namespace rollback {

enum class Way { forward, back };

enum class Outcome {
  done,      // at the target and verified
  reverted,  // it failed, and the world is as it began
  held,      // verification failed, and it waits for a person
};

struct ExecutionResult {
  Outcome outcome = Outcome::done;
  std::string problem;                    // why it did not go through
  std::vector<std::string> hints = {};    // what to type next then
  std::chrono::milliseconds downtime{0};  // from quiesce to activated
  std::chrono::milliseconds swap{0};      // the steps alone, in this process
  bool at_most = false;                   // it was resumed: the downtime counts from the intent on
};

class Executor {
 public:
  struct Setting {
    CommandSetting commands;
    CommandLine smoke_test;
    bool hold_on_failure = false;
    bool smoke_test_decides = true;  // else its failure is only told: `undo` may return to it
    bool recovering = false;         // after a kill: the service may or may not run
  };

  // `parts` in any order; the executor knows the order of the swap: config,
  // database, binaries, code (DESIGN §1).
  Executor(Journal& journal, std::vector<std::unique_ptr<Part>> parts,
           std::vector<Service> services, Setting setting);

  // Asked of a part that cannot be prepared: true where it left it out of the plan.
  using LeaveOut = std::function<bool(Plan&, const PartPlan&, const Error&)>;

  // Prepares every part that goes. Whatever it throws, discard() is to follow. What a part
  // that is left out had made goes at once, or that part is given up.
  PreparedPlan prepare(const Plan& plan, const std::function<Request(const PartPlan&)>& request,
                       const LeaveOut& leave_out);

  // From the durable intent on; `prepared` is what prepare() returned, or what
  // the journal kept. After Outcome::done the swap stands, is verified, and
  // settle() is to come.
  ExecutionResult forward(const PreparedPlan& prepared);

  // Undoes whatever of it is done, in reverse order; then the parts' discards.
  // Throws Refused, and leaves it in flight, when somebody else changed what a
  // step would have to put back; after a kill, that is found before anything is
  // touched. A service that does not start keeps it in flight, too, unless a part
  // was given up, without which it may never start: then that is what it returns.
  std::string back(const PreparedPlan& prepared);

  // Before the record is published, and after.
  void settle_steps(const PreparedPlan& prepared);
  void leave(const PreparedPlan& prepared, PointDraft& left);
  // What of it failed, a line each with the part's name; the other parts are settled.
  std::vector<std::string> settle(const PreparedPlan& prepared);

  // Removes what preparing its parts made. Asks nothing of those that it leaves out.
  void discard(const Plan& plan);

  // For `status`: each step with what it finds; of a part whose store does not
  // answer, the first that could not be looked at.
  struct StepState {
    std::string part, step;
    Step::Seen seen;
    bool settles = false;      // it comes after the verification
    std::string unknown = {};  // why nothing was seen
  };
  std::vector<StepState> look(const PreparedPlan& prepared);

 private:
  struct OwnedSteps {
    std::vector<std::unique_ptr<Step>> swap, settle;
  };

  Part& part_of(const PartPlan& plan);
  void discard_or_give_up(Plan& plan, const PartPlan& part);
  OwnedSteps steps_of(const PreparedPlan& prepared);
  CommandOutcome quiesce(bool tolerant);
  CommandOutcome activate();
  // Stops, swaps, starts; why it did not go through, or "".
  std::string swap(const PreparedPlan& prepared, ExecutionResult& result);
  ExecutionResult failed(const PreparedPlan& prepared, const std::string& problem,
                         const std::vector<std::string>& hints);

  Journal& journal_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<Service> services_;
  Setting setting_;
  bool quiesced_ = false;
  size_t swapped_ = 0;  // swap steps that went through, in this process
};

}  // namespace rollback
