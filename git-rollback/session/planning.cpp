// From a request to a plan: read-only.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "os/error.h"
#include "os/lock.h"
#include "os/notice.h"
#include "session/needed_points.h"
#include "session/parts.h"
#include "session/rollback.h"
#include "session/target.h"
#include "session/work_trees.h"
#include "store/names.h"

namespace rollback {
namespace {

using nlohmann::json;

// The components of a part: the code part speaks for several.
std::vector<std::string> components_of(const Part& part) {
  std::vector<std::string> names;
  for (const auto name : split(part.component(), ',')) names.emplace_back(name);
  return names;
}

std::optional<Obstacle> not_in_point(const Session& session, const Part& part,
                                     const Point& target) {
  for (const auto& component : components_of(part)) {
    if (!target.holds(component, part.kind())) {
      return Obstacle{"the point does not hold it", {"leave it out with --component"}};
    }
  }
  if (part.kind() != Kind::code && target.host != host_name()) {
    return Obstacle{"its store is on host '" + target.host + "', and this is '" + host_name() + "'",
                    {"run this there; or bring back the code alone: --component " +
                     part.component() + "/code"}};
  }
  return in_another_work_tree(session, part, target);
}

// A trailer still names the backups that retention took.
std::optional<Obstacle> pruned_from(const Part& part, const Point& target, const Pruned& pruned) {
  const auto when = pruned.backups.find(target.id);
  if (part.kind() != Kind::database || when == pruned.backups.end()) return std::nullopt;
  return Obstacle{
      "the backups of point '" + target.id + "' were pruned on " + to_rfc3339_seconds(when->second),
      {"leave it out with --component", "git rollback list"}};
}

// What it would lose was not counted.
Assessment that_cannot(const Part& part, Obstacle obstacle) {
  Assessment assessment;
  assessment.obstacle = std::move(obstacle);
  if (part.kind() == Kind::database) assessment.rows_lost = std::nullopt;
  return assessment;
}

Assessment assess(const Session& session, Part& part, const Request& request,
                  const Pruned& pruned) {
  if (auto why = not_in_point(session, part, request.target)) return that_cannot(part, *why);
  if (auto why = pruned_from(part, request.target, pruned)) return that_cannot(part, *why);
  try {
    return part.assess(request);
  } catch (const Usage&) {
    throw;  // a word of the user's, and nothing that another target would change
  } catch (const Error& error) {
    Obstacle obstacle{error.what(), error.hints()};
    obstacle.out_of_reach = part.kind() == Kind::database;
    return that_cannot(part, std::move(obstacle));
  }
}

bool is_complete_rollback(const Standing& standing, const std::string& operation) {
  for (const auto& event : standing.index.events_of_operation(standing.environment, operation)) {
    if (event.kind != "rollback") continue;
    const json object = json::parse(event.line, nullptr, false);
    return object.contains("complete") && object["complete"] == true;
  }
  return false;
}

// A rollback of a rollback needs --again (DESIGN §4, §8).
std::optional<Refusal> needs_again(const Standing& standing, const Point& target) {
  const std::string& operation = standing.live.operation;
  if (!operation.empty() && standing.open_deploy.empty() &&
      is_complete_rollback(standing, operation)) {
    return Refusal{
        "what is live came from the rollback " + operation,
        {"to go back further: --again", "to take that rollback back: git rollback undo"}};
  }
  if (standing.was_rolled_back_from(target.deploy)) {
    return Refusal{"point " + target.id + " holds what was rolled back from",
                   {"to return to it all the same: --again"}};
  }
  return std::nullopt;
}

bool covers_everything(const Selection& selection, const Configuration& configuration) {
  return selection == everything(configuration);
}

struct Asked {
  const Session& session;
  const RollbackRequest& request;
  Selection selection;
  LossPolicy policy;
};

enum class Parts { all, but_code };

Plan assess_all(const Asked& asked, const Standing& standing, const Point& target,
                Parts which = Parts::all) {
  const Configuration& configuration = asked.session.configured();
  Plan plan;
  plan.started = now();
  plan.operation =
      asked.request.operation.empty() ? names::operation_id(plan.started) : asked.request.operation;
  plan.environment = asked.session.repository.environment;
  plan.git_dir = asked.session.repository.git_dir.string();
  plan.work_tree = asked.session.repository.work_tree.string();
  plan.reason = asked.request.reason;
  plan.target = target;
  plan.live = standing.live;
  plan.complete = covers_everything(asked.selection, configuration);
  for (const auto& [component, kinds] : asked.selection) plan.components.push_back(component);
  const Request request = request_for(asked.session, plan, asked.request);
  const Pruned pruned = pruned_in(standing);
  for (const auto& part : make_parts(asked.session, configuration, asked.selection)) {
    const bool code = part->kind() == Kind::code;
    if (code ? which == Parts::but_code : request.branch_only) continue;
    plan.parts.push_back({.component = part->component(),
                          .kind = part->kind(),
                          .fate = Fate::goes,
                          .assessment = assess(asked.session, *part, request, pruned)});
  }
  return plan;
}

void estimate(const Session& session, Plan& plan) {
  auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir));
  if (journal) plan.downtime = journal->usual("downtime");
}

// Why a candidate for last_stable is none; rows and conflicts of code are not a
// reason, since the user decides about them, nor is a server that is down: it is so for all.
CannotRestore cannot_restore(const Asked& asked, const Standing& standing, bool with_databases) {
  return [=, &asked, &standing](const Point& point) -> std::optional<std::string> {
    for (const auto& part : assess_all(asked, standing, point, Parts::but_code).parts) {
      if (part.kind == Kind::database && !with_databases) continue;
      const auto& obstacle = part.assessment.obstacle;
      if (obstacle && !obstacle->can_be_left_out()) {
        return part.name() + ": " + obstacle->reason;
      }
    }
    return std::nullopt;
  };
}

// An emergency goes without a database before it goes nowhere.
ResolvedTarget resolve(const Asked& asked, const Standing& standing) {
  const auto to_a_point = [&](bool with_databases) {
    return resolve_target(asked.session, standing, asked.request.target,
                          asked.session.configured().min_score,
                          cannot_restore(asked, standing, with_databases));
  };
  if (!asked.policy.emergency) return to_a_point(true);
  try {
    return to_a_point(true);
  } catch (const Refused&) {
    return to_a_point(false);
  }
}

bool selects(const Selection& selection, Kind kind) {
  return std::any_of(selection.begin(), selection.end(),
                     [&](const auto& entry) { return entry.second.count(kind) != 0; });
}

// An option that nothing selected would heed is a misunderstanding.
void refuse_idle_options_of_code(const Asked& asked) {
  if (selects(asked.selection, Kind::code)) return;
  const RollbackRequest& request = asked.request;
  const std::string option = request.drop_undeployed        ? "--drop-undeployed"
                             : !request.preserve.empty()    ? "--preserve"
                             : !request.no_preserve.empty() ? "--no-preserve"
                             : request.conflicts_chosen     ? "--conflicts"
                                                            : "";
  if (!option.empty()) throw Usage(option + " is about code, and none is selected");
}

void refuse_idle_options(const Asked& asked) {
  const bool about_rows = asked.request.rows || asked.request.accepted_loss != Risk::none;
  if (about_rows && !selects(asked.selection, Kind::database)) {
    throw Usage("--rows and --accept-data-loss are about a database, and none is selected");
  }
  refuse_idle_options_of_code(asked);
}

}  // namespace

LossPolicy policy_of(const Session& session, const RollbackRequest& request) {
  return {.accepted = request.accepted_loss,
          .minimal = session.repository.settings.number("rollback.minimalLoss", 10),
          .emergency = request.emergency};
}

Request request_for(const Session& session, const Plan& plan, const RollbackRequest& asked,
                    const PartPlan* assessed) {
  Request request;
  request.operation = plan.operation;
  request.target = plan.target;
  request.live = plan.live;
  request.rows = asked.rows;
  const LossPolicy policy = policy_of(session, asked);
  request.loss_limit = policy.limit();
  request.minimal_loss = policy.minimal;
  request.emergency = asked.emergency;
  if (asked.emergency) {
    constexpr long long seconds = 5;
    request.count_within = std::chrono::seconds(
        session.repository.settings.number("rollback.emergencyCountTime", seconds));
  }
  request.drop_undeployed = asked.drop_undeployed;
  request.preserve = asked.preserve;
  request.no_preserve = asked.no_preserve;
  request.on_conflict = asked.on_conflict;
  request.branch_only = asked.branch_only;
  request.resolutions = asked.resolutions;
  request.service_may_run_from_work_tree =
      std::none_of(plan.parts.begin(), plan.parts.end(),
                   [](const PartPlan& part) { return part.kind == Kind::binaries; });
  if (assessed != nullptr) request.basis = assessed->assessment.basis;
  return request;
}

Planned plan_rollback(const Session& session, const RollbackRequest& request) {
  const Configuration& configuration = session.configured();
  const Asked asked{.session = session,
                    .request = request,
                    .selection = selection_for(request, configuration),
                    .policy = policy_of(session, request)};
  refuse_idle_options(asked);
  require_work_tree_for(session, asked.selection);
  const Standing standing = look_around(session);
  if (standing.live.commit.empty()) {
    throw Fatal("there is no commit here yet", {"git rollback init"});
  }
  const ResolvedTarget target = resolve(asked, standing);
  Planned planned;
  if (target.point.empty()) {
    planned.already_live = target.already_live;
    return planned;
  }
  const Point point = read_point(session.repository, session.repository.environment, target.point);
  Plan plan = make_plan(assess_all(asked, standing, point), asked.policy);
  if (!request.again && !plan.nothing_to_do()) {
    if (auto refusal = needs_again(standing, point)) {
      plan.refusals.insert(plan.refusals.begin(), *std::move(refusal));
    }
  }
  estimate(session, plan);
  planned.plan = std::move(plan);
  return planned;
}

namespace {

// The operation that `undo` would take back, and the point that it left.
struct Undoable {
  std::string operation, left;
};

Undoable find_undoable(const Standing& standing) {
  std::map<std::string, json> operations;  // rollbacks and undos, by id
  for (const auto& event : standing.index.events_of_operation(standing.environment, "")) {
    if (event.kind != "rollback" && event.kind != "undo") continue;
    const json object = json::parse(event.line, nullptr, false);
    if (text_at(object, "outcome") == "reverted") continue;
    operations[text_at(object, "operation")] = object;
  }
  const std::vector<std::string> hint{"git rollback list", "git rollback --target <point>"};
  if (!standing.open_deploy.empty()) {
    throw Refused("a deploy is open: what was rolled back before it cannot be undone", hint);
  }
  std::set<std::string> undone;
  for (const auto& record : standing.index.live_chain(standing.environment)) {
    const auto found = operations.find(record.operation);
    if (record.operation.empty()) {
      if (record.deploy.empty()) break;
      throw Refused("there is no rollback since the last deploy", hint);
    }
    if (found == operations.end()) break;
    const std::string undoes = text_at(found->second, "undoes");
    if (!undoes.empty()) {
      undone.insert(undoes);
    } else if (undone.count(record.operation) == 0) {
      return {record.operation, text_at(found->second, "left")};
    }
  }
  throw Refused("there is no rollback to undo", hint);
}

// What an undo cannot take back, as nobody knows how far it went.
void tell_of_given_up(const Standing& standing, const std::string& operation) {
  for (const auto& [part, gave_up] : standing.given_up()) {
    if (gave_up != operation) continue;
    Notice notice{
        part + " was given up by operation " + operation + ", and stays as it is in this undo", {}};
    if (part.ends_with("/database")) {
      notice.hints = {"rows that it displaced there: git rollback salvage"};
    }
    give_notice(notice);
  }
}

}  // namespace

Planned plan_undo(const Session& session, const RollbackRequest& request) {
  const Configuration& configuration = session.configured();
  const Standing standing = look_around(session);
  const Undoable undoable = find_undoable(standing);
  const Point point = read_point(session.repository, session.repository.environment, undoable.left);
  Selection selection;
  for (const auto& [component, kinds] : point.parts) {
    if (configuration.find(component) != nullptr) selection[component] = kinds;
  }
  const Asked asked{.session = session,
                    .request = request,
                    .selection = selection,
                    .policy = policy_of(session, request)};
  refuse_idle_options_of_code(asked);
  Plan draft = assess_all(asked, standing, point);
  draft.undoes = undoable.operation;
  Plan plan = make_plan(std::move(draft), asked.policy);
  plan.complete = true;  // what the rollback left comes back whole, parent and deploy with it
  estimate(session, plan);
  tell_of_given_up(standing, undoable.operation);
  return {.plan = std::move(plan), .already_live = {}};
}

}  // namespace rollback
