#include "session/deploying.h"

#include <nlohmann/json.hpp>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/lock.h"
#include "part/binaries/binaries_part.h"
#include "run/service.h"
#include "session/backfill.h"
#include "session/deleted_tags.h"
#include "session/parts.h"
#include "session/pruning.h"
#include "session/recording.h"
#include "session/revision.h"
#include "session/trust.h"
#include "store/names.h"

namespace rollback {
namespace {

using nlohmann::json;

std::string required_commit(const Git& git, const std::string& name) {
  const Finished answer =
      git.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
  if (answer.status != 0 && name == "HEAD") {
    throw Fatal("there is no commit here yet", {"commit, then: git rollback init"});
  }
  if (answer.status != 0) throw Fatal("'" + name + "' names no commit");
  return answer.out.substr(0, answer.out.find('\n'));
}

std::string deployed_commit(const Session& session, const std::optional<std::string>& given) {
  const Git& git = session.repository.git;
  if (given) return required_commit(git, *given);
  for (const auto& component : session.configured().components) {
    if (!component.binaries) continue;
    const auto revision = revision_of_release(*component.binaries, session.base());
    if (!revision || revision->empty()) continue;
    if (auto named = commit_of_revision(git, *revision)) return *named;
    throw Fatal("the REVISION of " + component.name + "'s release says '" + *revision +
                    "', which is no commit of this repository",
                {"git fetch", "git rollback hook post-deploy --status <n> --commit <commit>"});
  }
  return required_commit(git, "HEAD");
}

LiveRecord required_live(const Standing& standing) {
  if (!standing.has_live()) {
    throw Fatal("nothing is recorded as live yet", {"git rollback init"});
  }
  return *standing.recorded;
}

void publish_live(ChangingSession& changing, const std::string& deploy, int status,
                  const std::string& commit) {
  const Session& session = changing.session();
  const std::string ref = names::live_ref(changing.environment());
  const auto before = read_live(changing.git(), ref);
  LiveRecord record;
  record.commit = commit;
  record.parent = deploy;
  record.deploy = deploy;
  record.releases = current_releases(session);
  record.host = host_name();
  record.at = now();
  record.subject = "Deploy " + commit.substr(0, 10) + (status == 0 ? "" : " (failed)");
  const std::string previous = before ? before->id : "";
  Publication publication;
  publication.refs.push_back({ref, previous, write_live_record(changing.git(), record, previous)});
  publication.events.push_back(make_event(commit, changing.environment(), deploy, "deploy",
                                          json{{"phase", "finished"}, {"status", status}}));
  if (status != 0) {
    publication.events.push_back(
        make_event(commit, changing.environment(), deploy, "trigger",
                   json{{"trigger", "build_failure"}, {"outcome", "failed"}, {"status", status}}));
  }
  publish(changing.git(), changing.journal(), publication);
  fail_point("post-deploy published");
  changing.journal().close_deploy(deploy);
}

void publish_failure(const Session& session, const std::string& deploy, const std::string& commit,
                     const std::string& detail) {
  ChangingSession changing(session, "post-deploy", short_wait);
  publish(changing.git(), changing.journal(),
          {.refs = {},
           .events = {make_event(
               commit, changing.environment(), deploy, "trigger",
               json{{"trigger", "build_failure"}, {"outcome", "failed"}, {"detail", detail}})}});
}

void run_smoke_test(const Session& session, const std::string& deploy, const std::string& commit,
                    DeployReport& report) {
  const Configuration& configuration = session.configured();
  if (configuration.smoke_test.empty()) return;
  if (!is_trusted(session)) {
    report.problem =
        "the smoke test did not run, since the deploy changed .rollback.yml or a script"
        " of it: see and trust them with git rollback trust";
    return;
  }
  const std::string& environment = session.repository.environment;
  CommandSetting setting{.directory = session.base(),
                         .log = names::log_file(session.repository.common_dir, deploy),
                         .environment = {{"GIT_ROLLBACK_DEPLOYED", deploy},
                                         {"GIT_ROLLBACK_ENVIRONMENT", environment},
                                         {"GIT_ROLLBACK_COMMIT", commit}}};
  setting.timeout =
      std::chrono::seconds(session.repository.settings.number("rollback.commandTimeout", 120));
  const CommandOutcome outcome = run_command(configuration.smoke_test, setting);
  report.smoke_test_ran = true;
  if (!outcome.ok) {
    report.problem = "the smoke test failed: " + outcome.problem;
    publish_failure(session, deploy, commit, outcome.problem);
    return;
  }
  ChangingSession changing(session, "post-deploy", short_wait);
  publish(changing.git(), changing.journal(),
          {.refs = {},
           .events = {make_event(commit, environment, deploy, "health",
                                 json{{"score", 100}, {"source", "smoke_test"}})}});
}

}  // namespace

DeployReport pre_deploy(ChangingSession& changing, const std::string& coming) {
  const Session& session = changing.session();
  const Configuration& configuration = session.configured();
  require_trust(session);
  const Standing standing = look_around(session);
  RecordRequest request;
  request.live = required_live(standing);
  request.selection = everything(configuration);
  request.at = now();
  const std::string head = required_commit(changing.git(), coming);
  if (head != request.live.commit) request.coming = head;
  request.sentence =
      "State of " + changing.environment() +
      (head == request.live.commit ? " before a deploy."
                                   : " before deploying " + head.substr(0, 10) + ".");
  const PointDraft draft = capture_point(changing, request);
  publish_point(changing, draft,
                {.refs = {},
                 .events = {make_event(draft.point.commit, changing.environment(), draft.point.id,
                                       "deploy", json{{"phase", "started"}, {"head", head}})}});
  changing.journal().open_deploy({draft.point.id, changing.environment()});
  DeployReport report{.point = draft.point.id, .notices = draft.notices, .problem = {}};
  if (const size_t count = restore_deleted_tags(changing).put_back.size(); count > 0) {
    report.notices.push_back("put back the tags of " + std::to_string(count) +
                             (count == 1 ? " point" : " points") +
                             ", which git fetch --prune-tags had deleted");
  }
  return report;
}

DeployReport post_deploy(Session session, int status, const std::optional<std::string>& commit,
                         const std::string& deploy) {
  DeployReport report;
  const std::string borrowed = borrow_configuration(session);
  const std::string deployed = deployed_commit(session, commit);
  {
    ChangingSession changing(session, "post-deploy", short_wait);
    required_live(look_around(session));
    const auto open = changing.journal().newest_open_deploy(changing.environment());
    if (deploy.empty() && !open) {
      throw Fatal("no deploy is open", {"before each deploy: git hook run pre-deploy"});
    }
    report.point = deploy.empty() ? open->id : deploy;
    publish_live(changing, report.point, status, deployed);
  }
  if (status != 0) {
    report.problem = "the deploy failed with status " + std::to_string(status);
    return report;
  }
  if (!borrowed.empty()) {  // the deploy broke it, or took it away
    report.problem = borrowed;
    publish_failure(session, report.point, deployed, borrowed);
    return report;
  }
  run_smoke_test(session, report.point, deployed, report);  // without the lock: it may take long
  if (report.problem.empty()) {
    ChangingSession changing(session, "post-deploy", short_wait);
    report.notices = prune_after_deploy(changing);
  }
  return report;
}

namespace {

void refuse_another_state(const Session& session, const NowRequest& wanted,
                          const LiveRecord& live) {
  const std::vector<std::string> hint{"of a state of the past say when it was live: --at <time>"};
  if (wanted.commit) {
    const std::string commit = required_commit(session.repository.git, *wanted.commit);
    if (commit != live.commit) {
      throw Refused("live is " + live.commit.substr(0, 10) + ", not " + commit.substr(0, 10), hint);
    }
  }
  auto current = current_releases(session);
  for (const auto& [component, release] : parse_releases(wanted.releases, session.configured())) {
    if (current[component] == release) continue;
    throw Refused(
        "the release of '" + component + "' is '" + current[component] + "', not '" + release + "'",
        hint);
  }
}

}  // namespace

DeployReport record_now(ChangingSession& changing, const NowRequest& wanted) {
  const Session& session = changing.session();
  RecordRequest request;
  const Standing standing = look_around(session);
  request.live = required_live(standing);
  refuse_another_state(session, wanted, request.live);
  request.selection = parse_selection(wanted.components, session.configured());
  request.version = wanted.version;
  request.at = now();
  request.sentence = wanted.reason.empty()
                         ? "State of " + changing.environment() + ", recorded by hand."
                         : wanted.reason;
  const PointDraft draft = capture_point(changing, request);
  publish_point(changing, draft, {});
  return {.point = draft.point.id, .notices = draft.notices, .problem = {}};
}

}  // namespace rollback
