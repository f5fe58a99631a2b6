#include "session/push_deployment.h"

#include <unistd.h>

#include <algorithm>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/process_identity.h"
#include "run/watched_command.h"
#include "session/deployed_tree.h"
#include "session/deploying.h"
#include "session/init.h"
#include "session/needed_points.h"
#include "session/push_to_deploy.h"
#include "session/standing.h"
#include "session/trust.h"
#include "store/names.h"

namespace rollback {
namespace {

// How far it came.
struct Course {
  PushRow push;
  bool ended_by_others = false;  // before its checkout: nothing of it was done
  int status = 0;
  std::string problem;
};

PushRow push_of(Journal& journal, const RefUpdate& update) {
  const auto pushes = journal.pushes();
  const std::string process = process_of_push();
  const auto found = std::find_if(pushes.rbegin(), pushes.rend(), [&](const PushRow& push) {
    return push.new_commit == update.new_id && push.process == process;
  });
  if (found != pushes.rend()) return *found;
  throw Refused("no point was recorded for it: the hook 'update' did not run",
                {"install it again: git rollback init"});
}

// True while nobody, such as a rollback, ended this deploy meanwhile.
bool is_still_open(Journal& journal, const Repository& repository, const std::string& deploy) {
  const auto open = journal.newest_open_deploy(repository.environment);
  return open && open->id == deploy;
}

// Between git's move of the branch and our lock, somebody may have rolled back.
bool ended_by_others(ChangingSession& changing, const RefUpdate& update, const PushRow& push) {
  const Finished at = changing.git().ask({"rev-parse", "--verify", "--quiet", update.ref});
  if (at.status != 0 || at.out.substr(0, at.out.find('\n')) != update.new_id) return true;
  return !push.deploy.empty() &&
         !is_still_open(changing.journal(), changing.repository(), push.deploy);
}

// Under the lock. The push is ours from here on, even if whoever pushed leaves.
void check_out_push(ChangingSession& changing, const RefUpdate& update, const Tell& tell,
                    Course& course) {
  Journal& journal = changing.journal();
  course.push = push_of(journal, update);
  course.ended_by_others = ended_by_others(changing, update, course.push);
  if (course.ended_by_others) {
    journal.forget_push(course.push);
    return;
  }
  journal.set_process_of_push(course.push.seq, process_identity(getpid()));
  Checkout checkout{.commit = update.new_id, .known = {course.push.old_commit}, .cut_short = {}};
  for (const auto& push : journal.pushes()) {
    if (push.seq >= course.push.seq) continue;
    checkout.known.push_back(push.old_commit);
    checkout.cut_short.push_back(push.new_commit);
  }
  if (!checkout.cut_short.empty()) changing.session().repository.git.expect_stale_locks();
  tell("checking out " + update.new_id.substr(0, 10) + " into " +
       changing.repository().work_tree.string());
  fail_point("push checkout before");
  try {
    check_out(changing.git(), checkout);
  } catch (const Error& error) {
    course.status = 1;
    course.problem = std::string("the checkout failed: ") + error.what();
  }
  fail_point("push checkout after");
  const Finished modules = changing.git().ask({"cat-file", "-e", update.new_id + ":.gitmodules"});
  if (modules.status == 0) tell("its submodules are not checked out here");
}

std::string in_one_line(const CommandLine& command) {
  std::string line;
  for (const auto& word : command) line += (line.empty() ? "" : " ") + word;
  return line;
}

void build(const Repository& repository, const CommandLine& words, const Tell& tell,
           const std::function<void(std::string_view)>& heard, Course& course) {
  tell("running " + in_one_line(words));
  Command command;
  command.argv = words;
  command.directory = repository.work_tree;
  command.set = {{nested_deploy_variable, course.push.deploy},
                 {"GIT_ROLLBACK_ENVIRONMENT", repository.environment},
                 {"GIT_ROLLBACK_COMMIT", course.push.new_commit},
                 {"GIT_ROLLBACK_OLD_COMMIT", course.push.old_commit}};
  command.unset = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"};
  command.own_group = true;  // it ends what it began, whether or not the pusher waits
  const std::string name = course.push.deploy.empty() ? "first-deploy" : course.push.deploy;
  const Finished finished =
      run_watched(command, names::log_file(repository.common_dir, name), heard);
  if (finished.status == 0) return;
  course.status = std::min(finished.status, 255);
  course.problem = finished.status == 127 && !finished.err.empty()
                       ? "cannot run " + finished.err
                       : "'" + words.front() + "' exited with " + std::to_string(finished.status);
}

void tell_of_others(const Repository& repository, const std::string& when, PushDeployed& report) {
  report.problem = "the deploy was ended by somebody else " + when + ", perhaps by a rollback";
  report.hints = {command_on_server(repository, "status")};
}

// A rollback goes to the last stable point, and without a smoke test or a mark there is none.
std::string target_of(const Session& session) {
  const int min_score = session.configuration ? session.configuration->min_score : 80;
  const bool any = !needed_points(look_around(session), min_score).last_stable.empty();
  return any ? "" : "--target previous";
}

void end_deploy(const Course& course, const Tell& tell, PushDeployed& report) {
  const Session session = open_session();
  const Repository& repository = session.repository;
  const bool still_open = [&] {
    auto journal = Journal::open_to_read(names::journal_file(repository.common_dir));
    return journal && is_still_open(*journal, repository, report.deploy);
  }();
  if (!still_open) {
    tell_of_others(repository, "while it ran", report);
    return;
  }
  const DeployReport after = post_deploy(session, course.status, report.commit, report.deploy);
  for (const auto& notice : after.notices) tell(notice);
  report.smoke_test_ran = after.smoke_test_ran;
  report.problem = course.problem.empty() ? after.problem : course.problem;
  if (report.problem.empty()) return;
  const bool untrusted = course.problem.empty() && session.configuration && !is_trusted(session);
  if (untrusted) report.hints.push_back(command_on_server(repository, "trust"));
  report.hints.push_back("to go back: " + command_on_server(repository, target_of(session)));
}

void end_first_deploy(const Course& course, const Tell& tell, PushDeployed& report) {
  if (!course.problem.empty()) {
    report.problem = course.problem + "; nothing is recorded before a first deploy succeeds";
    return;
  }
  Session session = open_session();
  if (!session.configuration && !session.broken) {
    tell("there is no " + std::string(names::configuration_file) +
         " in it, so nothing is recorded yet: commit one and push it");
    return;
  }
  const bool needs_trust = session.configuration && !is_trusted(session);
  const std::string trust_it = command_on_server(session.repository, "trust");
  session.configured();
  ChangingSession changing(std::move(session), "the first deploy", short_wait);
  InitReport begun;
  begin_record(changing, begun);
  for (const auto& line : begun.done) tell(line);
  for (const auto& line : begun.warnings) tell(line);
  if (needs_trust) tell("before the next push, let its commands run, on the server: " + trust_it);
}

void tell_of_unborn_branch(const Repository& repository, const std::string& branch,
                           const std::vector<RefUpdate>& updates, const Tell& tell) {
  const bool unborn = repository.git.ask({"rev-parse", "--verify", "--quiet", branch}).status != 0;
  const bool any_branch = std::any_of(updates.begin(), updates.end(), [](const RefUpdate& update) {
    return update.ref.starts_with("refs/heads/");
  });
  if (unborn && any_branch) {
    tell("nothing was deployed: that is done here for pushes to '" + branch_name(branch) + "'");
  }
}

// A checkout that failed is remembered until a later one succeeds.
void forget_push(const PushRow& push, bool checked_out) {
  ChangingSession changing(open_session(), "deploying a push", short_wait);
  if (checked_out) {
    changing.journal().end_pushes(push.seq);
  } else {
    changing.journal().set_process_of_push(push.seq, "");
  }
}

}  // namespace

PushDeployed deploy_push(const std::vector<RefUpdate>& updates, const Tell& tell,
                         const std::function<void(std::string_view)>& heard) {
  PushDeployed report;
  Session session = open_session();
  if (!session.repository.push_to_deploy) return report;
  const Repository repository = session.repository;
  const PushToDeploy settings = push_to_deploy_of(repository);
  const auto update = std::find_if(updates.begin(), updates.end(), [&](const RefUpdate& one) {
    return one.ref == settings.branch && !is_no_id(one.new_id);
  });
  if (update == updates.end()) {
    tell_of_unborn_branch(repository, settings.branch, updates, tell);
    return report;
  }
  report.deployed = true;
  report.commit = update->new_id;
  Course course;
  {
    ChangingSession changing(std::move(session), "deploying a push", short_wait);
    check_out_push(changing, *update, tell, course);
  }
  report.deploy = course.push.deploy;
  if (course.ended_by_others) {
    tell_of_others(repository, "before its checkout, of which nothing was done", report);
    return report;
  }
  const bool checked_out = course.problem.empty();
  if (checked_out && !settings.command.empty()) {
    build(repository, settings.command, tell, heard, course);  // without the lock, like a deploy
    fail_point("push built");
  }
  if (report.deploy.empty()) {
    end_first_deploy(course, tell, report);
  } else {
    end_deploy(course, tell, report);
  }
  forget_push(course.push, checked_out);
  return report;
}

}  // namespace rollback
