#include "command/rolling.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "command/conflict_report.h"
#include "os/error.h"
#include "store/git.h"
#include "store/journal.h"
#include "store/names.h"

namespace rollback {
namespace {

Rows rows_from(const std::string& word) {
  require_one_of("--rows", word, {"auto", "restore", "keep_new", "keep_all"});
  if (word == "restore") return Rows::restore;
  if (word == "keep_new") return Rows::keep_new;
  return word == "keep_all" ? Rows::keep_all : Rows::automatic;
}

Risk loss_from(const std::string& word) {
  require_one_of("--accept-data-loss", word, {"none", "minimal", "significant"});
  if (word == "none") return Risk::none;
  return word == "minimal" ? Risk::minimal : Risk::significant;
}

OnConflict conflicts_from(const std::string& word) {
  require_one_of("--conflicts", word, {"stop", "closure", "skip"});
  if (word == "closure") return OnConflict::closure;
  return word == "skip" ? OnConflict::skip : OnConflict::stop;
}

// An unset variable of a script must not mean less than was meant.
std::vector<std::string> words_of(const std::string& option, const std::string& list) {
  std::vector<std::string> words;
  if (list.empty()) return words;
  for (const auto word : split(list, ',')) words.emplace_back(word);
  const bool incomplete = list.ends_with(',') || std::count(words.begin(), words.end(), "") != 0;
  if (incomplete) throw Usage("an empty name in '" + option + " " + list + "'");
  return words;
}

void complain_of_refusals(const Plan& plan) {
  for (const auto& refusal : plan.refusals) complain("error", refusal.reason, refusal.hints);
}

std::vector<std::string> what_it_left_in(const PartPlan& part) {
  if (part.kind != Kind::database) return {};
  return {
      "what the operation left in it stays there; once git rollback record has ended it, git "
      "rollback salvage lists what it displaced"};
}

// A part that could go no more, and that a person left out.
void alert_of_given_up(const RollbackReport& report, const PartPlan& part) {
  auto lines = what_it_left_in(part);
  if (report.outcome == Outcome::done) {
    lines.push_back("to bring it back when it can be: " +
                    command_to_bring_back(part.name(), report.target));
  }
  complain("error", part.name() + " was given up: " + part.given_up, lines);
}

void alert_of_left_out(const PartPlan& part, const std::string& target) {
  const auto& obstacle = part.assessment.obstacle;
  std::vector<std::string> lines;
  if (obstacle) lines = obstacle->hints;
  std::string when = "to bring it back";
  std::string command = command_to_bring_back(part.name(), target);
  if (obstacle && obstacle->out_of_reach) {
    when += " once that is put right";
  } else if (lines.size() == 1) {
    command += " " + lines.front();
    lines.clear();
  } else if (!lines.empty()) {
    when += " with one of these options";
  }
  lines.push_back(when + ": " + command);
  complain("error",
           part.name() + " stays as it is: " + (obstacle ? obstacle->reason : "rows would be lost"),
           lines);
}

// What a rollback that did without a part leaves to a person.
void alert_of_left_out(const RollbackReport& report) {
  for (const auto& part : report.left_out) {
    if (part.given_up.empty()) {
      alert_of_left_out(part, report.target);
    } else {
      alert_of_given_up(report, part);
    }
  }
}

// Does nothing stand against it but what keeping more commits may solve?
bool closure_may_help(const Plan& plan) {
  const auto conflicts =
      std::count_if(plan.parts.begin(), plan.parts.end(), [](const PartPlan& part) {
        const auto& obstacle = part.assessment.obstacle;
        return part.fate == Fate::refused && obstacle && obstacle->stands_on_commits;
      });
  return conflicts > 0 && static_cast<size_t>(conflicts) == plan.refusals.size();
}

// A person who did not say what to do with a conflict may choose to keep what
// it stands on, and is then shown that plan.
bool chose_closure(const RollingOptions& values, const Planned& planned) {
  const bool may_ask = !values.conflicts && !values.yes && !values.emergency && !values.json;
  if (!may_ask || !can_ask() || !planned.plan || !closure_may_help(*planned.plan)) return false;
  for (const auto& refusal : planned.plan->refusals) note(printable(refusal.reason));
  return ask("Keep the commits that it stands on, too?");
}

int nothing_to_do(const RollingOptions& values, const Session& session, const Planned& planned) {
  if (values.json && planned.plan) {
    show_plan(session, values, *planned.plan);
  } else if (planned.plan) {
    say_nothing_to_do(*planned.plan);
  } else if (values.json) {
    print(dump(
        nothing_as_json(judged_points(session, look_around(session), 0), planned.already_live)));
  } else {
    say(printable(planned.already_live));
  }
  if (!planned.plan || !planned.plan->partial()) return exit_done;
  for (const auto& part : planned.plan->parts) {
    if (part.fate == Fate::left_out) alert_of_left_out(part, planned.plan->target.id);
  }
  return exit_as_it_was;
}

void complain_of_operation_in_flight(const Session& session) {
  auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir));
  const auto row = journal ? journal->in_flight() : std::nullopt;
  if (!row) return;
  complain("error", "operation " + row->id + " is in flight, and must end before",
           {"git rollback status"});
}

int dry_run(const RollingOptions& values, const Session& session, const Planned& planned) {
  complain_of_operation_in_flight(session);
  if (!planned.plan) return nothing_to_do(values, session, planned);
  show_plan(session, values, *planned.plan);
  complain_of_refusals(*planned.plan);
  return exit_done;
}

// The branch has a commit of ours now, which a push must not throw away.
void tell_those_who_push(const Repository& repository, const Plan& plan) {
  const bool code_went = std::any_of(
      plan.parts.begin(), plan.parts.end(),
      [](const PartPlan& part) { return part.kind == Kind::code && part.fate == Fate::goes; });
  if (repository.push_to_deploy && code_went) {
    hints(
        {"those who push here: git pull first, since the branch has the commit of this rollback"});
  }
}

bool agreed_to_resolve(const RollingOptions& values) {
  if (values.emergency) {
    hints({"without --emergency, the conflict is laid out so that you can resolve it"});
    return false;
  }
  if (values.yes) return true;
  if (!values.json && can_ask()) return ask("Lay the conflict out, so that you can resolve it?");
  hints({"to resolve it: run it with --yes"});
  return false;
}

int carry_out_and_report(ChangingSession& changing, const RollingOptions& values, const Plan& plan,
                         const RollbackRequest& request) {
  const RollbackReport report = carry_out(changing, plan, request);
  if (values.json) {
    const Standing standing = look_around(changing.session());
    const auto points = judged_points(changing.session(), standing, 0);
    print(dump(plan_as_json(report.plan, points, &report)));
    if (!report.problem.empty()) complain("error", report.problem, {});
    if (report.outcome == Outcome::done) alert_of_left_out(report);
    return succeeded(report) ? exit_done : exit_as_it_was;
  }
  return report_done(changing, plan, report);
}

std::string downtime_in_words(const RollbackReport& report) {
  if (report.downtime.count() == 0) return "";
  const std::string downtime = std::to_string(report.downtime.count()) + " ms";
  if (report.at_most) {
    return "; down for at most " + downtime + ", the time since its intent was written";
  }
  return "; down for " + downtime + ", of that " + std::to_string(report.swap.count()) +
         " ms to swap";
}

int make_branch_and_report(ChangingSession& changing, const RollingOptions& values,
                           const Plan& plan, const RollbackRequest& request) {
  const MadeBranch made = make_branch(changing, plan, request);
  if (values.json) {
    const Standing standing = look_around(changing.session());
    auto object = plan_as_json(plan, judged_points(changing.session(), standing, 0), nullptr);
    object["branch"] = made.name;
    object["branch_commit"] = made.commit;
    print(dump(object));
    return exit_done;
  }
  return report_branch(made);
}

}  // namespace

void show_plan(const Session& session, const RollingOptions& values, const Plan& plan) {
  const Standing standing = look_around(session);
  if (values.json) {
    print(dump(plan_as_json(plan, judged_points(session, standing, 0), nullptr)));
  } else {
    print(plan_for_people(plan, standing.judge_point(plan.target, session.configured().min_score)));
  }
  flush_output();
}

bool agreed(const RollingOptions& values, const Plan& plan) {
  if (values.yes || values.emergency) return true;
  if (!values.json && can_ask()) {
    if (values.branch_only) return ask("Make the branch?");
    return ask(plan.undoes.empty() ? "Roll back?" : "Undo the rollback?");
  }
  complain("error", "nothing was changed: without a terminal nobody can be asked",
           {"run it with --yes"});
  return false;
}

void say_nothing_to_do(const Plan& plan) {
  const bool any = std::any_of(plan.parts.begin(), plan.parts.end(),
                               [](const PartPlan& part) { return part.fate == Fate::already; });
  if (!any) return say("nothing was changed");
  std::string text = plan.partial() ? "everything else" : "everything";
  text += " is already at " + plan.target.id;
  for (const auto& part : plan.parts) {
    if (!part.assessment.but_for.empty()) text += ", but for " + part.assessment.but_for;
  }
  say(text);
}

std::string command_to_bring_back(const std::string& part, const std::string& point) {
  return "git rollback --target " + point + " --component " + part + " --again";
}

bool succeeded(const RollbackReport& report) {
  return report.outcome == Outcome::done && !report.partial();
}

int report_done(const ChangingSession& changing, const Plan& plan, const RollbackReport& report) {
  const int code = report_outcome(report);
  if (report.outcome == Outcome::done) tell_those_who_push(changing.repository(), plan);
  return code;
}

int report_branch(const MadeBranch& made) {
  say("made the branch " + made.name + " at " + made.commit.substr(0, 10) +
      "; nothing else was changed");
  return exit_done;
}

void add_common_options(Options& options, RollingOptions& values) {
  options.flag("-n,--dry-run", values.dry_run, "show the plan, change nothing")
      .flag("-y,--yes", values.yes, "do not ask")
      .flag("--json", values.json, "print the plan and the result as JSON")
      .value("--rows", "<auto|restore|keep_new|keep_all>", values.rows, "whose rows go live")
      .value("--accept-data-loss", "<none|minimal|significant>", values.accept_data_loss,
             "go on although rows are lost")
      .value("--conflicts", "<stop|closure|skip>", values.conflicts,
             "what to do with a kept commit that does not apply")
      .value("--reason", "<text>", values.reason, "why, for the record");
}

RollbackRequest request_from(const RollingOptions& values) {
  if (values.branch_only && values.reason) {
    throw Usage("--reason is for the record, and --branch-only writes none");
  }
  RollbackRequest request;
  request.target = values.target.value_or("last_stable");
  request.components = values.components;
  if (values.rows) request.rows = rows_from(*values.rows);
  request.accepted_loss = loss_from(values.accept_data_loss.value_or("none"));
  request.emergency = values.emergency;
  request.again = values.again;
  request.drop_undeployed = values.drop_undeployed;
  request.preserve = words_of("--preserve", values.preserve);
  request.no_preserve = words_of("--no-preserve", values.no_preserve);
  request.conflicts_chosen = values.conflicts.has_value();
  request.on_conflict = conflicts_from(values.conflicts.value_or("stop"));
  request.branch_only = values.branch_only;
  request.reason = printable(values.reason.value_or(""));
  return request;
}

int plan_and_run(const RollingOptions& values, const PlanMaker& make) {
  RollbackRequest request = request_from(values);
  Session session = open_session();
  choose_colour(session.repository.settings);
  if (const auto borrowed = borrow_configuration(session); !borrowed.empty()) warning(borrowed);
  if (values.dry_run) return dry_run(values, session, make(session, request));

  ChangingSession changing(std::move(session), "rollback", no_wait);
  Planned planned = make(changing.session(), request);
  if (chose_closure(values, planned)) {
    request.on_conflict = OnConflict::closure;
    planned = make(changing.session(), request);
  }
  if (!planned.plan || (planned.plan->nothing_to_do() && planned.plan->refusals.empty())) {
    return nothing_to_do(values, changing.session(), planned);
  }
  const Plan& plan = *planned.plan;
  const bool will_run = plan.refusals.empty() && (values.yes || values.emergency);
  const bool may_wait = plan.only_conflicts() && request.on_conflict == OnConflict::stop;
  const bool will_wait = may_wait && values.yes && !values.emergency;
  if (!values.json || !(will_run || will_wait)) show_plan(changing.session(), values, plan);
  if (!plan.refusals.empty()) {
    complain_of_refusals(plan);
    if (!may_wait || !agreed_to_resolve(values)) return exit_as_it_was;
    return stop_and_report(changing, values, plan, request);
  }
  if (!agreed(values, plan)) return exit_as_it_was;
  return values.branch_only ? make_branch_and_report(changing, values, plan, request)
                            : carry_out_and_report(changing, values, plan, request);
}

namespace {

std::vector<std::string> way_to_set_aside(const RollbackReport& report) {
  if (report.set_aside.empty()) return {};
  return {"to look at what was set aside, and put it back: git rollback salvage"};
}

int report_reverted(const RollbackReport& report) {
  const std::string but = report.gave_up() ? ", but for what was given up" : "";
  if (report.problem.empty()) {
    say("operation " + report.operation + " was taken back: all is as it began" + but);
    hints(report.set_aside);
    hints(way_to_set_aside(report));
  } else {
    auto lines = report.hints;
    if (lines.empty()) lines = {"put that right, then run the rollback again"};
    lines.insert(lines.end(), report.set_aside.begin(), report.set_aside.end());
    for (const auto& line : way_to_set_aside(report)) lines.push_back(line);
    complain("error", report.problem + "; all was put back as it was" + but, lines);
  }
  if (!report.stopped.empty()) warning("the service could not be started: " + report.stopped);
  for (const auto& part : report.left_out) {
    if (!part.given_up.empty()) alert_of_given_up(report, part);
  }
  return report.problem.empty() && !report.gave_up() ? exit_done : exit_as_it_was;
}

}  // namespace

int report_outcome(const RollbackReport& report) {
  switch (report.outcome) {
    case Outcome::reverted:
      return report_reverted(report);
    case Outcome::held:
      complain("error", "the smoke test failed after the swap: " + report.problem,
               {"look at it now; then git rollback --continue to stay, or git rollback --abort to "
                "go back"});
      return exit_as_it_was;
    case Outcome::done:
      break;
  }
  if (!report.problem.empty()) warning(report.problem);
  say((report.partial() ? "back, in part, at " : "back at ") + report.target +
      downtime_in_words(report));
  for (const auto& line : report.set_aside) warning(line);
  hints(way_to_set_aside(report));
  for (const auto& line : report.not_cleaned) {
    warning("the rollback is done, but what it no longer needs is still there: " + line);
  }
  for (const auto& part : report.uncleaned) {
    warning("the rollback is done, but what it no longer needs stays in " + part.name() + ": " +
            part.given_up);
  }
  hints({report.not_cleaned.empty() ? "to take it back: git rollback undo"
                                    : "put that right, then git rollback --continue"});
  hints(report.ways);
  alert_of_left_out(report);
  return report.partial() ? exit_as_it_was : exit_done;
}

}  // namespace rollback
