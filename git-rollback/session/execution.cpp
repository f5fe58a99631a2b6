// From a plan to the world, and from a stopped operation to an end.
#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/fail_point.h"
#include "part/database/database_part.h"
#include "session/conflicted.h"
#include "session/giving_up.h"
#include "session/parts.h"
#include "session/recording.h"
#include "session/rollback.h"
#include "session/settling.h"
#include "session/trust.h"
#include "session/work_trees.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

Executor make_executor(Journal& journal, const Session& session, const Configuration& configuration,
                       const Plan& plan, bool recovering) {
  const Configuration copied = with_copied_scripts(session, configuration, plan.operation);
  const Selection selection = selection_of(plan);
  Executor::Setting setting;
  setting.commands.directory = session.base();
  setting.commands.log = names::log_file(session.repository.common_dir, plan.operation);
  setting.commands.written = copied_scripts(session, configuration, plan.operation);
  setting.commands.environment = {{"GIT_ROLLBACK_OPERATION", plan.operation},
                                  {"GIT_ROLLBACK_ENVIRONMENT", plan.environment},
                                  {"GIT_ROLLBACK_POINT", plan.target.id},
                                  {"GIT_ROLLBACK_COMMIT", plan.target.commit}};
  setting.commands.timeout =
      std::chrono::seconds(session.repository.settings.number("rollback.commandTimeout", 120));
  setting.smoke_test = copied.smoke_test;
  setting.hold_on_failure = copied.hold_on_failure;
  setting.smoke_test_decides = plan.undoes.empty();
  setting.recovering = recovering;
  return {journal, make_parts(session, configuration, selection), make_services(copied, selection),
          std::move(setting)};
}

// Two clones can share one releases folder, so a second lock stands in it.
std::vector<FileLock> lock_releases(const Session& session, const Configuration& configuration,
                                    const Plan& plan) {
  std::vector<FileLock> locks;
  for (const auto& part : plan.parts) {
    const auto* component = configuration.find(part.component);
    if (part.kind != Kind::binaries || !part.is_to_go() || component == nullptr) continue;
    const fs::path file =
        names::releases_lock_file(fs::absolute(component->binaries->releases, session.base()));
    fs::create_directories(file.parent_path());
    locks.emplace_back(file, "rollback " + plan.operation, no_wait);
  }
  return locks;
}

void remove_scripts(const Session& session, const std::string& operation) {
  boost::system::error_code ignored;
  fs::remove_all(names::scripts_directory(session.repository.common_dir, operation), ignored);
}

RollbackReport report_of(const PreparedPlan& prepared) {
  RollbackReport report;
  report.plan = prepared.plan;
  report.operation = prepared.plan.operation;
  report.target = prepared.plan.target.id;
  for (const auto& part : prepared.plan.parts) {
    if (part.fate == Fate::left_out) report.left_out.push_back(part);
    if (part.fate == Fate::goes && !part.given_up.empty()) report.uncleaned.push_back(part);
  }
  return report;
}

// Rows that did not fit into what went live, or into what came back: they are in
// tables that nothing here removes, and must be told of.
std::vector<std::string> rows_set_aside_by(const Session& session,
                                           const Configuration& configuration, const Plan& plan) {
  std::vector<std::string> lines;
  for (const auto& part : plan.parts) {
    const auto* component = configuration.find(part.component);
    const bool goes = part.kind == Kind::database && part.is_to_go();
    if (!goes || component == nullptr) continue;
    for (auto& line : rows_set_aside(part.component, databases_of(session, *component),
                                     session.base(), session.repository.git, plan.operation)) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

// What is done stays done, though its database cannot be asked any more.
void add_rows_set_aside(RollbackReport& report, const Session& session,
                        const Configuration& configuration, const Plan& plan) try {
  report.set_aside = rows_set_aside_by(session, configuration, plan);
} catch (const Error& error) {
  report.set_aside = {std::string("whether rows were set aside is not known: ") + error.what()};
}

// Everything after the intent, forward.
RollbackReport go_forward(ChangingSession& changing, Executor& executor,
                          const Configuration& configuration, const PreparedPlan& prepared,
                          State from) {
  RollbackReport report = report_of(prepared);
  if (from == State::intended || from == State::reverting) {
    const ExecutionResult result = executor.forward(prepared);
    report.outcome = result.outcome;
    report.problem = result.problem;
    report.hints = result.hints;
    report.downtime = result.downtime;
    report.swap = result.swap;
    report.at_most = result.at_most;
    if (result.outcome == Outcome::reverted) {
      report.set_aside = rows_set_aside_by(changing.session(), configuration, prepared.plan);
      publish_reverted(changing, prepared, result.problem, BranchOfCode::kept);
      remove_scripts(changing.session(), prepared.plan.operation);
    }
    if (result.outcome != Outcome::done) return report;
    if (!result.at_most) {
      changing.journal().measured("downtime", result.downtime);
      changing.journal().measured("swap", result.swap);
    }
  }
  try {
    // Once the record is out, the files are the user's again.
    if (from != State::published && !is_published(changing, prepared.plan.operation)) {
      executor.settle_steps(prepared);
    }
    report.left = publish_done(changing, executor, prepared);
  } catch (const Fatal& error) {
    throw Refused(std::string(error.what()) + "; the swap is done, the record is not",
                  {"put that right, then git rollback --continue, or git rollback --abort"});
  }
  changing.journal().set_state(prepared.plan.operation, State::published);
  fail_point("published after");
  report.not_cleaned = executor.settle(prepared);
  if (report.not_cleaned.empty()) {
    remove_scripts(changing.session(), prepared.plan.operation);
    changing.journal().set_state(prepared.plan.operation, State::done);
    fail_point("done after");
  }
  add_rows_set_aside(report, changing.session(), configuration, prepared.plan);
  return report;
}

std::vector<std::string> with_ways(std::vector<std::string> hints, ChangingSession& changing) {
  const auto ways = ways_without_stuck(changing);
  if (hints.empty() && !ways.empty()) hints = {"put that right, then run the command again"};
  hints.insert(hints.end(), ways.begin(), ways.end());
  return hints;
}

// After the intent, whatever stops it leaves it in flight: the hints say how it ends, also
// where a part cannot go any more. An error that nobody foresaw, such as a full disk below
// the journal, must say so.
template <typename Work>
RollbackReport told_as_in_flight(ChangingSession& changing, const Work& work) try {
  RollbackReport report = work();
  if (!report.not_cleaned.empty()) report.ways = ways_without_stuck(changing);
  return report;
} catch (const Refused& error) {
  throw Refused(error.what(), with_ways(error.hints(), changing));
} catch (const Fatal& error) {
  throw Fatal(error.what(), with_ways(error.hints(), changing));
} catch (const Error&) {
  throw;
} catch (const std::exception& error) {
  throw Fatal(std::string(error.what()) + "; the operation is still in flight",
              with_ways({"put that right, then git rollback --continue, or git rollback --abort"},
                        changing));
}

struct Resumed {
  OperationRow row;
  Configuration configuration;
  PreparedPlan prepared;
};

Resumed resume(ChangingSession& changing) {
  const auto row = changing.journal().in_flight();
  if (!row) {
    throw Fatal("no rollback is in progress",
                {changing.cleaned_up().empty()
                     ? "git rollback status"
                     : "one was killed before it changed anything, and was cleaned up"});
  }
  return {.row = *row,
          .configuration = configuration_of(*row),
          .prepared = prepared_plan_from(row->plan)};
}

// Undoes what is done of it; `problem` is why, where it failed and nobody asked.
RollbackReport go_back(ChangingSession& changing, const Resumed& resumed,
                       const std::string& problem, BranchOfCode branch) {
  const PreparedPlan& prepared = resumed.prepared;
  const auto locks = lock_releases(changing.session(), resumed.configuration, prepared.plan);
  Executor executor = make_executor(changing.journal(), changing.session(), resumed.configuration,
                                    prepared.plan, true);
  if (resumed.row.state == State::published || is_published(changing, prepared.plan.operation)) {
    const RollbackReport report =
        go_forward(changing, executor, resumed.configuration, prepared, State::published);
    if (!report.not_cleaned.empty()) {
      throw Fatal("rollback " + resumed.row.id +
                      " is complete, but for its cleaning: " + report.not_cleaned.front(),
                  {"put that right, then git rollback --continue"});
    }
    throw Fatal("rollback " + resumed.row.id + " was complete; only its cleaning was left",
                {"to take it back: git rollback undo"});
  }
  const std::string stopped = executor.back(prepared);
  publish_reverted(changing, prepared, problem.empty() ? "aborted" : problem, branch);
  remove_scripts(changing.session(), resumed.row.id);
  RollbackReport report = report_of(prepared);
  report.outcome = Outcome::reverted;
  report.problem = problem;
  report.stopped = stopped;
  report.set_aside = rows_set_aside_by(changing.session(), resumed.configuration, prepared.plan);
  return report;
}

// What prepare left must go. Where that fails, too (a full disk), the journal
// still says `preparing`, and the next changing verb cleans up; or `conflicted`,
// and --continue does.
void give_up(ChangingSession& changing, Executor& executor, const Plan& plan, State then) try {
  executor.discard(plan);
  remove_scripts(changing.session(), plan.operation);
  changing.journal().set_state(plan.operation, then);
} catch (const std::exception&) {
}

void begin_in_journal(ChangingSession& changing, const Plan& plan,
                      const Configuration& configuration) {
  changing.journal().begin_operation({.id = plan.operation,
                                      .environment = plan.environment,
                                      .state = State::preparing,
                                      .plan = to_text({.plan = plan, .prepared = {}}),
                                      .configuration = configuration.text,
                                      .host = host_name(),
                                      .started = plan.started});
  fail_point("preparing");
}

// An emergency goes on without a database that cannot be prepared, where anything else goes.
Executor::LeaveOut leave_out_of(const LossPolicy& policy) {
  return [policy](Plan& plan, const PartPlan& part, const Error& error) {
    const bool others = std::any_of(
        plan.parts.begin(), plan.parts.end(),
        [&](const PartPlan& other) { return other.is_to_go() && other.name() != part.name(); });
    if (!policy.emergency || part.kind != Kind::database || !others) return false;
    leave_out(plan, part.name(),
              {.reason = error.what(), .hints = error.hints(), .out_of_reach = true}, policy);
    return true;
  };
}

}  // namespace

Selection selection_of(const Plan& plan) {
  Selection selection;
  for (const auto& part : plan.parts) {
    for (const auto component : split(part.component, ',')) {
      selection[std::string(component)].insert(part.kind);
    }
  }
  return selection;
}

RollbackReport carry_out(ChangingSession& changing, const Plan& plan,
                         const RollbackRequest& request) {
  const Session& session = changing.session();
  const Configuration& configuration = session.configured();
  require_trust(session);
  require_room_for_tags(session);
  require_sound_record(session);
  const auto locks = lock_releases(session, configuration, plan);
  Journal& journal = changing.journal();
  changing.lock().tell("rollback " + plan.operation);
  const bool anew = !request.operation.empty();
  if (!anew) begin_in_journal(changing, plan, configuration);
  copy_scripts(session, configuration, plan.operation);
  Executor executor = make_executor(journal, session, configuration, plan, false);
  PreparedPlan prepared;
  try {
    prepared = executor.prepare(
        plan, [&](const PartPlan& part) { return request_for(session, plan, request, &part); },
        leave_out_of(policy_of(session, request)));
  } catch (const Error& error) {
    give_up(changing, executor, plan, anew ? State::conflicted : State::reverted);
    throw Refused(std::string(error.what()) + "; nothing was changed", error.hints());
  } catch (const std::exception& error) {
    give_up(changing, executor, plan, anew ? State::conflicted : State::reverted);
    throw Refused(std::string(error.what()) + "; nothing was changed");
  }
  fail_point("intend before");
  prepared.intended = now();
  journal.intend(plan.operation, to_text(prepared));
  if (prepared.plan.gave_up()) journal.give_up(plan.operation, to_text(prepared));
  fail_point("intend after");
  return told_as_in_flight(changing, [&] {
    return go_forward(changing, executor, configuration, prepared, State::intended);
  });
}

bool RollbackReport::gave_up() const {
  return std::any_of(left_out.begin(), left_out.end(),
                     [](const PartPlan& part) { return !part.given_up.empty(); });
}

RollbackReport continue_operation(ChangingSession& changing, const std::string& components) {
  give_up_others(changing, Way::forward, components);
  const Resumed resumed = resume(changing);
  const auto& parts = resumed.prepared.plan.parts;
  const bool any_goes = std::any_of(parts.begin(), parts.end(),
                                    [](const PartPlan& part) { return part.fate == Fate::goes; });
  if (resumed.row.state == State::discarding || !any_goes) {
    const std::string& problem = resumed.prepared.problem;
    return told_as_in_flight(changing, [&] {
      return go_back(changing, resumed, problem,
                     problem.empty() ? BranchOfCode::removed : BranchOfCode::kept);
    });
  }
  const auto locks =
      lock_releases(changing.session(), resumed.configuration, resumed.prepared.plan);
  Executor executor = make_executor(changing.journal(), changing.session(), resumed.configuration,
                                    resumed.prepared.plan, true);
  // A person who continues a held operation has looked, and says that it is good.
  const State from = resumed.row.state == State::held ? State::verified : resumed.row.state;
  return told_as_in_flight(changing, [&] {
    return go_forward(changing, executor, resumed.configuration, resumed.prepared, from);
  });
}

RollbackReport abort_operation(ChangingSession& changing, const std::string& components) {
  if (!changing.cleaned_up().empty()) {  // the way in has taken it back
    RollbackReport report;
    report.outcome = Outcome::reverted;
    report.operation = changing.cleaned_up();
    return report;
  }
  give_up_others(changing, Way::back, components);
  if (waits_for_person(changing)) {
    RollbackReport report;
    report.outcome = Outcome::reverted;
    report.operation = forget_conflicted(changing);
    return report;
  }
  return told_as_in_flight(
      changing, [&] { return go_back(changing, resume(changing), "", BranchOfCode::removed); });
}

RollbackReport quit_operation(ChangingSession& changing) {
  if (!waits_for_person(changing) && changing.journal().in_flight()) {
    give_up_all(changing);
    return continue_operation(changing, "");
  }
  RollbackReport report;
  report.outcome = Outcome::reverted;
  // The way in has forgotten it, as every changing verb does.
  report.operation =
      waits_for_person(changing) ? forget_conflicted(changing) : changing.cleaned_up();
  if (report.operation.empty()) throw Fatal("no rollback is in progress", {"git rollback status"});
  return report;
}

std::vector<Executor::StepState> look_at_operation(const Session& session,
                                                   const OperationRow& row) {
  if (row.state == State::preparing || row.state == State::conflicted) return {};
  const PreparedPlan prepared = prepared_plan_from(row.plan);
  const Session there = session_of(session, row);
  Journal journal(names::journal_file(session.repository.common_dir));
  return make_executor(journal, there, there.configured(), prepared.plan, true).look(prepared);
}

}  // namespace rollback
