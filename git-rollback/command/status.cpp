#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "command/rolling.h"
#include "os/lock.h"
#include "os/lock_holder.h"
#include "session/conflicted.h"
#include "session/doctor.h"
#include "session/giving_up.h"
#include "session/push_standing.h"
#include "session/rollback.h"
#include "session/standing.h"
#include "store/names.h"

namespace rollback {
namespace {

using nlohmann::json;

const char* word_for(const Executor::StepState& state) {
  if (!state.unknown.empty()) return "not known";
  switch (state.seen.what) {
    case Observation::before:
      return "at the start";
    case Observation::after:
      return "at the target";
    case Observation::between:
      return "between";
    case Observation::foreign:
      break;
  }
  return "changed by somebody else";
}

struct Status {
  json object;
  std::string text;
  std::vector<std::string> hints;
};

struct InFlightNow {
  OperationRow row;
  // Who carries it out just now; "": nobody, it stopped; nothing: that is not known.
  std::optional<std::string> worker;
  bool stopped() const { return worker && worker->empty(); }
};

// It may come or end while we look: the journal says the same before and after.
std::optional<InFlightNow> operation_in_flight(const Session& session) {
  const auto& common = session.repository.common_dir;
  auto journal = Journal::open_to_read(names::journal_file(common));
  auto row = journal ? journal->in_flight() : std::nullopt;
  while (row) {
    const auto lock = names::lock_file(common);
    std::optional<std::string> worker;
    if (is_lock_holder_known(lock)) worker = lock_holder(lock);
    auto again = journal->in_flight();
    if (again && again->id == row->id && again->state == row->state) return {{*row, worker}};
    row = std::move(again);
  }
  return std::nullopt;
}

// What to type so that it ends.
std::vector<std::string> ways_on(const Session& session, const InFlightNow& operation) {
  const OperationRow& row = operation.row;
  if (!operation.worker) {
    if (row.state == State::preparing) return {};
    return {"where nobody is at work on it any more: git rollback --continue"};
  }
  if (!operation.stopped()) return {};
  if (row.state == State::preparing) {
    return {
        "the next command that changes something cleans up what it had prepared; now: git "
        "rollback --abort"};
  }
  if (row.state == State::published) {
    return {"the rollback is done; to clean up what it no longer needs: git rollback --continue"};
  }
  std::vector<std::string> ways{row.state == State::conflicted
                                    ? "when the conflict is resolved: git rollback --continue"
                                    : "to go forward: git rollback --continue"};
  if (can_go_back(session.repository, row)) ways.emplace_back("to go back: git rollback --abort");
  return ways;
}

std::string in_words(const InFlightNow& operation) {
  const OperationRow& row = operation.row;
  const std::string begun = ", begun " + to_words(row.started, now());
  if (operation.stopped() && row.state == State::preparing) {
    return "operation " + row.id + begun + ", ended before it changed anything";
  }
  std::string at_work = ", whether somebody is at work on it is not known";
  if (operation.worker)
    at_work = operation.stopped() ? "" : ", at work: " + printable(*operation.worker);
  return "in flight: operation " + row.id + " (" + std::string(name_of(row.state)) + ")" + begun +
         at_work;
}

// "playerbot/code, playerbot/config to 20261123T100000Z-4f2a91c".
std::string in_words(const std::map<std::string, std::string>& parts) {
  std::map<std::string, std::string> by_point;
  for (const auto& [part, point] : parts) {
    std::string& names = by_point[point];
    names += (names.empty() ? "" : ", ") + part;
  }
  std::string words;
  for (const auto& [point, names] : by_point) {
    words += (words.empty() ? "" : "; ") + names + " to " + point;
  }
  return printable(words);
}

// What is live is neither the deploy's state nor a point's, and has no verdict.
void add_partly_back(const PartlyBack& back, const std::map<std::string, std::string>& given_up,
                     Table& table, Status& status) {
  table.row({"rolled back:", back.left_out.empty() ? "by parts" : "in part", in_words(back.parts)});
  for (const auto& [part, point] : back.left_out) {
    table.row({"left:", printable(part), given_up.count(part) == 0 ? "as it was" : "given up"});
    status.hints.push_back("to bring back " + printable(part) +
                           ", too: " + printable(command_to_bring_back(part, point)));
  }
  status.object["live"]["partly_back"] = {{"parts", back.parts}, {"left_out", back.left_out}};
}

void add_live(const Session& session, const Standing& standing, Status& status) {
  if (!standing.has_live()) {
    status.object["live"] = nullptr;
    status.text += "nothing is recorded as live in " + session.repository.environment + "\n";
    return;
  }
  const LiveRecord& live = *standing.recorded;
  const int min_score = session.configuration ? session.configuration->min_score : 80;
  const Judgement judgement = standing.judge_deploy(live.deploy, min_score);
  const auto undeployed =
      standing.index.undeployed(session.repository, live.commit, session.repository.head);
  Table table;
  table.row({"live:", printable(live.commit.substr(0, 10)), printable(live.subject),
             to_words(live.at, now())});
  const auto partly_back = standing.partly_back();
  const auto given_up = standing.given_up();
  if (!partly_back) {
    table.row({"verdict:", std::string(name_of(judgement.verdict)), printable(judgement.because)});
  }
  for (const auto& [component, release] : live.releases) {
    table.row({"release:", printable(release), printable(component)});
  }
  table.row({"parent:", live.parent.empty() ? "none" : printable(live.parent)});
  table.row({"undeployed:", !undeployed        ? "unknown"
                            : *undeployed == 1 ? "1 commit"
                                               : std::to_string(*undeployed) + " commits"});
  if (!standing.open_deploy.empty()) table.row({"open deploy:", standing.open_deploy});
  status.object["live"] = {
      {"git_hash", live.commit},      {"timestamp", to_rfc3339_seconds(live.at)},
      {"parent", live.parent},        {"deploy", live.deploy},
      {"releases", live.releases},    {"verdict", name_of(judgement.verdict)},
      {"because", judgement.because}, {"undeployed", undeployed ? json(*undeployed) : json()},
      {"partly_back", nullptr},       {"given_up", given_up}};
  if (partly_back) add_partly_back(*partly_back, given_up, table, status);
  for (const auto& [part, operation] : given_up) {
    table.row({"given up:", printable(part), "by " + printable(operation)});
  }
  status.text += session.repository.environment + "\n" + table.text("  ");
  status.object["open_deploy"] = standing.open_deploy.empty() ? json() : json(standing.open_deploy);
}

// What a push brings right now, or began to bring.
std::string words_for(const StandingPush& standing) {
  const std::string& process = standing.push.process;
  switch (standing.standing) {
    case PushStanding::running:
      return "is being deployed, by process " + process.substr(0, process.find(' '));
    case PushStanding::cut_short:
      return "was cut short before its deploy ended: push again, or roll back";
    case PushStanding::not_taken:
      break;
  }
  return "was not taken by git, and nothing of it was deployed: push again";
}

// What a push brings right now, or began to bring.
void add_push(const Session& session, Status& status) {
  if (!session.repository.push_to_deploy) return;
  status.object["push"] = nullptr;
  auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir));
  const auto found = journal ? standing_push(session.repository, *journal) : std::nullopt;
  if (!found) return;
  status.text +=
      "\nthe push of " + found->push.new_commit.substr(0, 10) + " " + words_for(*found) + "\n";
  status.object["push"] = {{"git_hash", found->push.new_commit},
                           {"running", found->standing == PushStanding::running},
                           {"taken", found->standing != PushStanding::not_taken}};
}

// What a person resolves for the operation in flight.
void add_conflict(const Session& session, const OperationRow& row, Status& status) {
  json& conflict = status.object["in_flight"]["conflict"];
  conflict = nullptr;
  const auto standing = look_at_conflict(session, row);
  if (!standing) return;
  conflict = conflict_as_json(*standing);
  Table table;
  table.row(
      {"does not apply:", printable(standing->commit.substr(0, 10)), printable(standing->subject)});
  if (standing->folder.empty()) {
    table.row({"resolve it in:", "its work tree is gone: git rollback --abort"});
  } else {
    table.row({"resolve it in:", printable(standing->folder)});
    for (const auto& path : standing->unresolved) table.row({"unresolved:", printable(path)});
    if (standing->unresolved.empty()) table.row({"unresolved:", "nothing"});
  }
  status.text += table.text("  ");
}

// It waits, and the service pays for it.
void add_failing_writes(const Session& session, const OperationRow& row, Status& status) {
  json& list = status.object["in_flight"]["failing_writes"];
  list = json::array();
  std::vector<std::string> ways;
  for (const auto& [about, check] : failing_writes(session, row)) {
    const bool sure = check.level == Check::Level::problem;
    status.text += (sure ? "  error: " : "  warning: ") + printable(about) + ": " +
                   printable(check.what) + "\n";
    if (!check.mend.empty()) {
      ways.push_back("to let the service write: " + printable(check.mend));
    }
    list.push_back({{"part", about}, {"what", check.what}, {"mend", check.mend}});
  }
  status.hints.insert(status.hints.begin(), ways.begin(), ways.end());
}

std::vector<PartPlan> given_up_in(const OperationRow& row) {
  std::vector<PartPlan> parts = prepared_plan_from(row.plan).plan.parts;
  std::erase_if(parts, [](const PartPlan& part) { return part.given_up.empty(); });
  return parts;
}

void add_operation(const Session& session, Status& status) {
  status.object["in_flight"] = nullptr;
  const auto operation = operation_in_flight(session);
  if (!operation) return;
  const OperationRow& row = operation->row;
  json steps = json::array();
  status.text += "\n" + in_words(*operation) + "\n";
  const auto ways = ways_on(session, *operation);
  status.hints.insert(status.hints.end(), ways.begin(), ways.end());
  Table table;
  const auto states = look_at_operation(session, row);
  for (const auto& state : states) {
    const std::string& detail = state.unknown.empty() ? state.seen.detail : state.unknown;
    table.row({printable(state.step), word_for(state), printable(detail)});
    steps.push_back({{"part", state.part},
                     {"step", state.step},
                     {"stands", word_for(state)},
                     {"detail", detail}});
  }
  json given_up = json::object();
  for (const auto& part : given_up_in(row)) {
    table.row({printable(part.name()), "given up", printable(part.given_up)});
    given_up[part.name()] = part.given_up;
  }
  status.text += table.text("  ");
  if (operation->stopped() && !states.empty()) {
    const auto others = ways_without_stuck(session, row, states);
    status.hints.insert(status.hints.end(), others.begin(), others.end());
  }
  status.object["in_flight"] = {
      {"operation", row.id},
      {"state", name_of(row.state)},
      {"at_work", operation->worker ? nlohmann::json(!operation->stopped()) : nlohmann::json()},
      {"steps", steps},
      {"given_up", given_up}};
  add_failing_writes(session, row, status);
  add_conflict(session, row, status);
}

void live_for_scripts(const json& live, Porcelain& porcelain) {
  const auto text = [&live](const char* key) { return live.at(key).get<std::string>(); };
  porcelain.line({"live", text("git_hash")});
  porcelain.line({"at", text("timestamp")});
  porcelain.line({"verdict", text("verdict")});
  porcelain.line({"because"}, text("because"));
  if (!text("parent").empty()) porcelain.line({"parent", text("parent")});
  if (!text("deploy").empty()) porcelain.line({"deploy", text("deploy")});
  for (const auto& [component, release] : live.at("releases").items()) {
    porcelain.line({"release", component}, release.get<std::string>());
  }
  const json& undeployed = live.at("undeployed");
  porcelain.line({"undeployed", undeployed.is_null() ? "" : std::to_string(undeployed.get<int>())});
  for (const auto& [part, by] : live.at("given_up").items()) {
    porcelain.line({"given-up", part}, by.get<std::string>());
  }
}

std::string for_scripts(const json& status, bool nul) {
  Porcelain porcelain(nul);
  porcelain.line({"environment", status.at("environment")});
  if (!status.at("live").is_null()) live_for_scripts(status.at("live"), porcelain);
  if (const auto open = status.find("open_deploy"); open != status.end() && !open->is_null()) {
    porcelain.line({"open-deploy", *open});
  }
  const json& operation = status.at("in_flight");
  if (operation.is_null()) return porcelain.text();
  porcelain.line({"operation", operation.at("operation")});
  porcelain.line({"state", operation.at("state")});
  for (const auto& step : operation.at("steps")) {
    std::string stands = step.at("stands");
    std::replace(stands.begin(), stands.end(), ' ', '-');
    porcelain.line({"step", step.at("part"), stands}, step.at("step").get<std::string>());
  }
  for (const auto& [part, why] : operation.at("given_up").items()) {
    porcelain.line({"given-up", part}, why.get<std::string>());
  }
  if (const json& conflict = operation.at("conflict"); !conflict.is_null()) {
    porcelain.line({"conflict", conflict.at("git_hash")}, conflict.at("folder").get<std::string>());
    for (const auto& path : conflict.at("unresolved")) {
      porcelain.line({"unresolved"}, path.get<std::string>());
    }
  }
  return porcelain.text();
}

}  // namespace

int run_status(const Arguments& arguments) {
  OutputOptions output;
  Options options(
      "git rollback status [--json | --porcelain[=<version>]] [-z]\n"
      "                           [--color[=<when>] | --no-color]");
  add_output_options(options, output);
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  const Format format = output.format();
  const Session session = open_session();
  choose_colour(session.repository.settings, output.color);
  Status status;
  status.object = {{"format", 1}, {"environment", session.repository.environment}};
  const Standing standing = look_around(session);
  add_live(session, standing, status);
  add_push(session, status);
  add_operation(session, status);
  print(format == Format::json        ? dump(status.object)
        : format == Format::porcelain ? for_scripts(status.object, output.nul)
                                      : status.text);
  if (format != Format::people) return exit_done;
  flush_output();
  if (status.object["live"].is_null()) hints({"git rollback init"});
  hints(status.hints);
  return exit_done;
}

}  // namespace rollback
