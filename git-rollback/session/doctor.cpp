#include "session/doctor.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "session/parts.h"
#include "session/push_standing.h"
#include "session/rollback.h"
#include "session/surroundings.h"
#include "session/trust.h"
#include "session/work_trees.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using Diagnoses = std::vector<Diagnosis>;

std::string first_of(const std::vector<std::string>& hints) {
  return hints.empty() ? "" : hints.front();
}

Check problem_of(const Error& error) { return problem(error.what(), first_of(error.hints())); }

// What looks throws in its own words where it cannot even look.
template <class Look>
void add(Diagnoses& all, const std::string& about, Look&& look) {
  try {
    for (auto& check : look()) all.push_back({about, std::move(check)});
  } catch (const Error& error) {
    all.push_back({about, problem_of(error)});
  } catch (const std::exception& error) {
    all.push_back({about, problem(error.what())});
  }
}

bool can_run(const std::string& program, const fs::path& base) {
  boost::system::error_code ignored;
  const auto good = [&](const fs::path& file) {
    return fs::is_regular_file(file, ignored) && access(file.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) return good(fs::absolute(program, base));
  const char* path = getenv("PATH");
  const std::string folders = path != nullptr ? path : "";
  const auto list = split(folders, ':');
  return std::any_of(list.begin(), list.end(), [&](std::string_view folder) {
    return good(fs::path(std::string(folder)) / program);
  });
}

std::vector<Check> check_commands(const Session& session) {
  const Configuration& configuration = session.configured();
  std::vector<Check> checks;
  size_t good = 0;
  for (const auto& [key, command] : configuration.commands()) {
    if (can_run(command.front(), session.base())) {
      ++good;
      continue;
    }
    const bool a_path = command.front().find('/') != std::string::npos;
    checks.push_back(
        problem("'" + command.front() + "' of " + key + " is no program that can run",
                a_path ? "ls -l '" + command.front() + "'; chmod +x '" + command.front() + "'"
                       : "command -v '" + command.front() + "'"));
  }
  if (good > 0) {
    checks.push_back(
        fine(std::to_string(good) + (good == 1 ? " command" : " commands") + " can be started"));
  }
  if (configuration.smoke_test.empty()) {
    checks.push_back(
        warn("there is no smoke test: nothing finds out whether a deploy or a rollback"
             " left a service that works",
             "verification: { smoke_test: [\"tools/smoke\"] } in .rollback.yml"));
  }
  return checks;
}

std::vector<Check> check_trust(const Session& session) {
  if (is_trusted(session)) return {fine("its commands are trusted, or it has none")};
  return {problem("its commands are not trusted as they stand now", "git rollback trust")};
}

void add_configuration(const Session& session, Diagnoses& all) {
  const std::string file(names::configuration_file);
  add(all, file, [&] {
    session.configured();  // throws
    return check_trust(session);
  });
  if (session.configuration) {
    add(all, "commands", [&] { return check_commands(session); });
  }
}

void add_parts(const Session& session, Depth depth, Diagnoses& all) {
  if (!session.configuration) return;
  Diagnoses urgent;
  for (const auto& part : all_parts(session)) {
    add(all, part->name(), [&] { return part->diagnose(depth); });
    if (depth == Depth::thorough) {
      add(urgent, part->name(), [&] { return part->failing_writes(); });
    }
  }
  all.insert(all.begin(), urgent.begin(), urgent.end());
}

// Pushes and deploys that are open, or were cut short.
void add_open_deploy(const Repository& repository, Journal& journal, std::vector<Check>& checks) {
  if (const auto found = standing_push(repository, journal)) {
    const std::string push = "the push of " + found->push.new_commit.substr(0, 10);
    switch (found->standing) {
      case PushStanding::running:
        checks.push_back(
            warn(push + " is being deployed right now: a rollback goes back before it"));
        break;
      case PushStanding::cut_short:
        checks.push_back(warn(push +
                                  " was cut short before its deploy ended: its files and its build"
                                  " may be there in part",
                              "push again, or git rollback --target previous"));
        break;
      case PushStanding::not_taken:
        checks.push_back(warn(push +
                                  " was not taken by git, and nothing of it was deployed; the next"
                                  " command that changes something forgets it",
                              "push again, or git rollback record"));
        break;
    }
    if (found->standing != PushStanding::not_taken) return;
  }
  if (const auto open = newest_open_deploy(repository, journal, repository.environment)) {
    checks.push_back(warn("deploy " + open->id + " is open: a rollback goes back before it",
                          "when it has ended: git hook run post-deploy -- --status <n>"));
  }
}

// The journal and what stands in it; Fatal where it is damaged.
std::vector<Check> check_journal(const Session& session) {
  const Repository& repository = session.repository;
  auto journal = Journal::open_to_read(names::journal_file(repository.common_dir));
  if (!journal) return {};
  std::vector<Check> checks;
  if (const auto row = journal->in_flight()) {
    checks.push_back(problem(
        row->state == State::conflicted
            ? "operation " + row->id + " waits for you to resolve a conflict"
            : "operation " + row->id + " is in flight (" + std::string(name_of(row->state)) + ")",
        "git rollback --continue, or git rollback --abort"));
  }
  const auto pending = journal->pending_publications();
  if (!pending.empty() || !journal->captures().empty()) {
    checks.push_back(
        warn("a command was cut short while it recorded; the next one that changes something ends"
             " it",
             "git rollback record"));
  }
  for (const auto& [id, publication] : pending) {
    for (const auto& [change, now] : foreign_refs(repository.git, publication)) {
      checks.push_back(warn("'" + change.ref + "' was moved by somebody else since: it stays at " +
                                (now.empty() ? "nothing" : now.substr(0, 10)) +
                                ", and only the rest of that record is written",
                            change.new_id.empty() ? "" : "git show " + change.new_id));
    }
  }
  add_open_deploy(repository, *journal, checks);
  if (checks.empty()) checks.push_back(fine("nothing is in flight, and no deploy is open"));
  return checks;
}

Check check_plan(const Session& session, RollbackRequest request) {
  const Planned planned = plan_rollback(session, request);
  if (!planned.plan) return fine(planned.already_live);
  const Plan& plan = *planned.plan;
  const std::string to = "a rollback to " + request.target +
                         (request.target == plan.target.id ? "" : " (" + plan.target.id + ")");
  if (plan.refusals.empty()) {
    return fine(to + " has a plan without refusals" +
                (plan.nothing_to_do() ? ": everything is there already" : ""));
  }
  const Refusal& refusal = plan.refusals.front();
  if (!request.again) {
    request.again = true;
    const Check with_again = check_plan(session, request);
    if (with_again.level == Check::Level::ok) {
      return warn(refusal.reason + ", so that a rollback needs --again", first_of(refusal.hints));
    }
  }
  return problem(to + " would be refused: " + refusal.reason, first_of(refusal.hints));
}

std::vector<Check> check_targets(const Session& session) {
  if (!look_around(session).has_live()) {
    return {problem("nothing is recorded as live in '" + session.repository.environment + "'",
                    "git rollback init")};
  }
  try {
    return {check_plan(session, {})};
  } catch (const Refused& no_stable) {
    RollbackRequest request;
    request.target = "previous";
    const Check previous = check_plan(session, request);
    const std::string why = no_stable.what();
    if (previous.level == Check::Level::problem) return {problem_of(no_stable), previous};
    return {warn(why, "git rollback mark <point> stable, once it has proved itself"), previous};
  }
}

// What is denied sends a person here: here stands above what grants it.
void leave_no_circle(Diagnoses& all) {
  const std::string here = "git rollback doctor";
  for (Diagnosis& denied : all) {
    if (denied.check.mend != here) continue;
    const auto first = std::find_if(all.begin(), all.end(), [&](const Diagnosis& one) {
      const bool same =
          one.about == denied.about || denied.check.what.find(one.about) != std::string::npos;
      return same && one.check.level == Check::Level::problem && one.about.ends_with("/database") &&
             !one.check.mend.empty() && one.check.mend != here;
    });
    denied.check.mend = first == all.end() ? "" : first->check.mend;
  }
}

}  // namespace

Diagnoses failing_writes(const Session& session, const OperationRow& in_flight) {
  Diagnoses all;
  const Session there = session_of(session, in_flight);
  for (const auto& part : all_parts(there)) {
    for (auto& check : part->failing_writes()) all.push_back({part->name(), std::move(check)});
  }
  return all;
}

Diagnoses examine(const Session& session) {
  Diagnoses all;
  add(all, "git",
      [&] { return std::vector{check_git_version(session.repository.git.run({"version"}))}; });
  add(all, "repository", [&] { return check_repository(session.repository); });
  add(all, "hooks", [&] { return check_hooks(session.repository); });
  add(all, "identity", [&] { return check_identity(session.repository); });
  add_configuration(session, all);
  add_parts(session, Depth::thorough, all);
  const size_t before = all.size();
  add(all, "journal", [&] { return check_journal(session); });
  const bool in_flight =
      std::any_of(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                  [](const Diagnosis& d) { return d.check.level == Check::Level::problem; });
  if (session.configuration && !in_flight) {
    add(all, "rollback", [&] { return check_targets(session); });
  }
  leave_no_circle(all);
  return all;
}

Diagnoses quick_checks(const Session& session) {
  Diagnoses all;
  add_configuration(session, all);
  add_parts(session, Depth::quick, all);
  return all;
}

bool would_work(const Diagnoses& diagnoses) {
  return std::none_of(diagnoses.begin(), diagnoses.end(),
                      [](const Diagnosis& d) { return d.check.level == Check::Level::problem; });
}

}  // namespace rollback
