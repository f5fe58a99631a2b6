#include "command/conflict_report.h"

#include <nlohmann/json.hpp>

#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "session/conflicted.h"
#include "store/names.h"

namespace rollback {
namespace {

using nlohmann::json;

void hint_at_the_ways_on() {
  hints({"when that is done: git rollback --continue",
         "to forget it, with nothing changed: git rollback --abort"});
}

int as_json(ChangingSession& changing, const Progress& progress) {
  const Session& session = changing.session();
  const auto points = judged_points(session, look_around(session), 0);
  json object = plan_as_json(progress.plan, points, progress.report ? &*progress.report : nullptr);
  if (progress.branch) {
    object["branch"] = progress.branch->name;
    object["branch_commit"] = progress.branch->commit;
  }
  object["in_conflict"] = nullptr;
  auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir));
  const auto row = journal->in_flight();
  if (const auto standing = row ? look_at_conflict(session, *row) : std::nullopt) {
    object["in_conflict"] = conflict_as_json(*standing);
  }
  print(dump(object));
  return progress.branch || (progress.report && succeeded(*progress.report)) ? exit_done
                                                                             : exit_as_it_was;
}

int for_people(ChangingSession& changing, const Progress& progress) {
  if (progress.report) return report_done(changing, progress.plan, *progress.report);
  if (progress.branch) return report_branch(*progress.branch);
  if (progress.declined) return exit_as_it_was;
  if (progress.plan.refusals.empty()) {
    say_nothing_to_do(progress.plan);
    return exit_done;
  }
  if (progress.to_resolve.empty()) {
    for (const auto& refusal : progress.plan.refusals) {
      complain("error", refusal.reason, refusal.hints);
    }
    hints({"operation " + progress.plan.operation + " still waits: git rollback --continue",
           "to forget it, with nothing changed: git rollback --abort"});
    return exit_as_it_was;
  }
  for (const auto& line : progress.to_resolve) note(printable(line));
  hint_at_the_ways_on();
  return exit_as_it_was;
}

}  // namespace

int stop_and_report(ChangingSession& changing, const RollingOptions& values, const Plan& plan,
                    const RollbackRequest& request) {
  // Of the plan that was agreed to, a conflict was to be resolved by a person.
  const Progress progress = stop_for_conflict(changing, plan, request, [&](const Plan& newer) {
    if (!values.json) show_plan(changing.session(), values, newer);
    return agreed(values, newer);
  });
  return values.json ? as_json(changing, progress) : for_people(changing, progress);
}

int continue_and_report(ChangingSession& changing) {
  const Progress progress = continue_conflicted(changing, [&](const Plan& newer) {
    show_plan(changing.session(), RollingOptions(), newer);
    return true;
  });
  return for_people(changing, progress);
}

}  // namespace rollback
