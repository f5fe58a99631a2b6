#include "session/conflicted.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/fail_point.h"
#include "session/parts.h"
#include "session/recording.h"
#include "session/trust.h"
#include "session/waiting.h"
#include "session/work_trees.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::unique_ptr<Part> part_called(const std::string& name, const Session& session, const Plan& plan,
                                  const RollbackRequest& request) {
  const Configuration& configuration = session.configured();
  const Selection selection =
      request.branch_only ? selection_for(request, configuration) : selection_of(plan);
  for (auto& part : make_parts(session, configuration, selection)) {
    if (part->name() == name) {
      return std::move(part);
    }
  }
  throw Fatal("the operation's part '" + name + "' is not in its configuration");
}

struct Head {
  std::string branch, commit;
};

Head head_of(const Git& git) {
  const Finished branch = git.ask({"symbolic-ref", "--quiet", "HEAD"});
  return {.branch = branch.status == 0 ? branch.out.substr(0, branch.out.find('\n')) : "",
          .commit = git.line({"rev-parse", "--verify", "HEAD^{commit}"})};
}

std::string short_name(const std::string& branch) {
  const std::string heads = "refs/heads/";
  return branch.starts_with(heads) ? branch.substr(heads.size()) : branch;
}

std::string in_words(const Head& head) {
  return (head.branch.empty() ? "detached" : "'" + short_name(head.branch) + "'") + " at " +
         head.commit.substr(0, 10);
}

// What to type so that HEAD is where it was.
std::string way_back_to(const Head& then, const Head& now, const Repository& repository) {
  if (repository.bare()) {
    return then.branch == now.branch ? "git update-ref " + then.branch + " " + then.commit
                                     : "git symbolic-ref HEAD " + then.branch;
  }
  const std::string git = "git -C '" + repository.work_tree.string() + "' ";
  if (then.branch.empty()) return git + "switch --detach " + then.commit;
  return then.branch == now.branch ? git + "reset --keep " + then.commit
                                   : git + "switch " + short_name(then.branch);
}

void refuse_where_the_world_moved(const Session& session, const Plan& plan,
                                  const Waiting& waiting) {
  const Head then{.branch = waiting.branch, .commit = waiting.head};
  const Head now = head_of(session.repository.git);
  if (then.branch != now.branch || then.commit != now.commit) {
    throw Refused(
        "HEAD moved since operation " + plan.operation + " began, from " + in_words(then) + " to " +
            in_words(now),
        {way_back_to(then, now, session.repository) + "   and then git rollback --continue",
         "to begin again from here: git rollback --abort"});
  }
  const LiveRecord live = look_around(session).live;
  if (live.id != plan.live.id || live.commit != plan.live.commit) {
    throw Refused("what is live changed since operation " + plan.operation + " began, from " +
                      plan.live.commit.substr(0, 10) + " to " + live.commit.substr(0, 10),
                  {"to begin again from here: git rollback --abort"});
  }
}

void journal_waiting(ChangingSession& changing, const Plan& plan, const Waiting& waiting) {
  PreparedPlan text{.plan = plan, .prepared = {}};
  text.waiting = to_text(waiting);
  changing.journal().wait_for_person(plan.operation, to_text(text));
}

// Only the journal knows of what is laid out: it is written last.
Part::OpenedConflict lay_out(ChangingSession& changing, const Plan& plan, Waiting& waiting) {
  for (const auto& part : plan.parts) {
    if (part.fate == Fate::refused) waiting.part = part.name();
  }
  const Session& session = changing.session();
  Part::OpenedConflict opened = part_called(waiting.part, session, plan, waiting.request)
                                    ->open_conflict(request_for(session, plan, waiting.request));
  waiting.opened = opened.opened;
  fail_point("conflict opened");
  journal_waiting(changing, plan, waiting);
  fail_point("conflicted");
  return opened;
}

// What was taken is durable before anything that it came from goes.
void take(ChangingSession& changing, const Plan& plan, Waiting& waiting) {
  waiting.opened.clear();
  journal_waiting(changing, plan, waiting);
  fail_point("conflict taken");
}

OperationRow row_of(ChangingSession& changing) {
  const auto row = changing.journal().in_flight();
  if (!row) throw Fatal("no rollback is in progress", {"git rollback status"});
  return *row;
}

void carry_on(ChangingSession& changing, Progress& progress, Waiting& waiting) {
  take(changing, progress.plan, waiting);
  changing.discard(row_of(changing));
  fail_point("conflict removed");
  if (!waiting.request.branch_only) {
    try {
      progress.report = carry_out(changing, progress.plan, waiting.request);
    } catch (const Refused& error) {
      auto hints = error.hints();
      hints.push_back("operation " + progress.plan.operation +
                      " still waits, with all conflicts resolved: put that right, then git "
                      "rollback --continue; or git rollback --abort");
      throw Refused(error.what(), hints);
    }
    return;
  }
  progress.branch = make_branch(changing, progress.plan, waiting.request);
  fail_point("branch made");
  changing.journal().set_state(progress.plan.operation, State::done);
}

// With what was resolved so far.
Progress go_on(ChangingSession& changing, Waiting& waiting, const ShowPlan& show) {
  std::string last;
  for (;;) {
    const Session& session = changing.session();
    Planned planned = waiting.undo ? plan_undo(session, waiting.request)
                                   : plan_rollback(session, waiting.request);
    Progress progress;
    if (!planned.plan) throw Refused(planned.already_live, {"git rollback --abort"});
    progress.plan = *std::move(planned.plan);
    Plan& plan = progress.plan;
    if (plan.refusals.empty()) {
      if (plan.nothing_to_do()) {
        forget_conflicted(changing);
      } else {
        progress.declined = !show(plan);
        if (progress.declined) {
          forget_conflicted(changing);
        } else {
          carry_on(changing, progress, waiting);
        }
      }
      return progress;
    }
    if (!plan.only_conflicts()) return progress;
    if (plan.refusals.front().reason == last) {
      throw Fatal("what was resolved does not settle it: " + last, {"git rollback --abort"});
    }
    last = plan.refusals.front().reason;
    take(changing, plan, waiting);
    Part::OpenedConflict opened = lay_out(changing, plan, waiting);
    if (!opened.resolved) {
      progress.to_resolve = std::move(opened.lines);
      return progress;
    }
    waiting.request.resolutions =
        part_called(waiting.part, session, plan, waiting.request)->take_resolution(waiting.opened);
  }
}

// The folder that it was typed in may be the one that goes.
void leave_folder(ChangingSession& changing, const OperationRow& row) {
  const fs::path folder = names::conflict_directory(changing.repository().common_dir, row.id);
  boost::system::error_code gone;
  const fs::path here = fs::current_path(gone);
  if (gone || (here / "").string().starts_with((folder / "").string())) {
    fs::current_path(changing.session().base());
  }
}

void use_configuration_of(ChangingSession& changing, const OperationRow& row) {
  changing.session().configuration = configuration_of(row);
  changing.session().broken = nullptr;
}

Waiting waiting_with(const Session& session, const Plan& plan, const RollbackRequest& request) {
  const Head head = head_of(session.repository.git);
  Waiting waiting{.request = request,
                  .undo = !plan.undoes.empty(),
                  .branch = head.branch,
                  .head = head.commit,
                  .part = {},
                  .opened = {}};
  waiting.request.target = plan.target.id;
  waiting.request.operation = plan.operation;
  return waiting;
}

// Where that fails, too (a full disk), the journal still says `preparing`, and
// the next changing verb cleans up.
void give_up(ChangingSession& changing, const OperationRow& row) try {
  changing.discard(row);
  changing.journal().set_state(row.id, State::reverted);
} catch (const std::exception&) {
}

Part::OpenedConflict begin(ChangingSession& changing, const Plan& plan, Waiting& waiting) {
  changing.lock().tell("rollback " + plan.operation);
  const OperationRow row{.id = plan.operation,
                         .environment = plan.environment,
                         .state = State::preparing,
                         .plan = to_text({.plan = plan, .prepared = {}}),
                         .configuration = changing.session().configured().text,
                         .host = host_name(),
                         .started = plan.started};
  changing.journal().begin_operation(row);
  fail_point("conflict begun");
  try {
    return lay_out(changing, plan, waiting);
  } catch (const Error& error) {
    give_up(changing, row);
    throw Refused(std::string(error.what()) + "; nothing was changed", error.hints());
  } catch (const std::exception& error) {
    give_up(changing, row);
    throw Refused(std::string(error.what()) + "; nothing was changed");
  }
}

}  // namespace

Progress stop_for_conflict(ChangingSession& changing, const Plan& plan,
                           const RollbackRequest& request, const ShowPlan& show) {
  const Session& session = changing.session();
  if (!request.branch_only) {  // before a person works in vain
    require_trust(session);
    require_room_for_tags(session);
    require_sound_record(session);
  }
  Waiting waiting = waiting_with(session, plan, request);
  Part::OpenedConflict opened = begin(changing, plan, waiting);
  if (!opened.resolved) {
    Progress progress{
        .plan = plan, .to_resolve = std::move(opened.lines), .report = {}, .branch = {}};
    return progress;
  }
  waiting.request.resolutions =
      part_called(waiting.part, session, plan, waiting.request)->take_resolution(waiting.opened);
  return go_on(changing, waiting, show);
}

bool waits_for_person(ChangingSession& changing) {
  const auto row = changing.journal().in_flight();
  return row && row->state == State::conflicted;
}

Progress continue_conflicted(ChangingSession& changing, const ShowPlan& show) {
  const OperationRow row = row_of(changing);
  const PreparedPlan prepared = prepared_plan_from(row.plan);
  Waiting waiting = waiting_from(prepared.waiting);
  use_configuration_of(changing, row);
  leave_folder(changing, row);
  refuse_where_the_world_moved(changing.session(), prepared.plan, waiting);
  if (waiting.opened.empty()) {
    changing.discard(row);  // one that went on from here was killed, perhaps
  } else {
    waiting.request.resolutions =
        part_called(waiting.part, changing.session(), prepared.plan, waiting.request)
            ->take_resolution(waiting.opened);
  }
  return go_on(changing, waiting, show);
}

std::string forget_conflicted(ChangingSession& changing) {
  const OperationRow row = row_of(changing);
  leave_folder(changing, row);
  changing.forget(row);
  return row.id;
}

std::optional<Part::ConflictStanding> look_at_conflict(const Session& session,
                                                       const OperationRow& row) {
  if (row.state != State::conflicted) return std::nullopt;
  const PreparedPlan prepared = prepared_plan_from(row.plan);
  const Waiting waiting = waiting_from(prepared.waiting);
  if (waiting.opened.empty()) return std::nullopt;
  const Session there = session_of(session, row);
  return part_called(waiting.part, there, prepared.plan, waiting.request)
      ->look_at_conflict(waiting.opened);
}

}  // namespace rollback
