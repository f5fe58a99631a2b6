#include "session/init.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/file.h"
#include "os/lock.h"
#include "session/adoption.h"
#include "session/fetch_refspecs.h"
#include "session/hook_installation.h"
#include "session/mirror.h"
#include "session/parts.h"
#include "session/recording.h"
#include "session/revision.h"
#include "session/standing.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// A mirror's fetch takes every ref from the remote, and its prune deletes ours.
// Capistrano's repo/ is one.
void refuse_mirror(const Git& git) {
  const auto remote = mirrored_remote(git);
  if (!remote) return;
  throw Refused("this repository is a mirror of '" + *remote +
                    "': a fetch that prunes would delete the points recorded here",
                {"git clone '" + git.line({"remote", "get-url", "--", *remote}) + "' <folder>"});
}

void say_what_was_found(const FoundService& found, InitReport& report) {
  if (const auto& binaries = found.binaries) {
    report.done.push_back("found releases" +
                          (binaries->made_by.empty() ? "" : " of " + binaries->made_by) + " in '" +
                          binaries->releases.string() + "'; '" + binaries->current.string() +
                          "' says that '" + binaries->release + "' runs");
  }
  const size_t suggested = found.config.size() + found.databases.size();
  if (suggested > 0) {
    report.done.push_back("suggested " + std::to_string(suggested) +
                          (suggested == 1 ? " file" : " files") +
                          " in its comments, which perhaps go back with the service");
  }
  report.warnings.insert(report.warnings.end(), found.remarks.begin(), found.remarks.end());
}

// What a deploy puts into the work tree must not be committed with the code.
void warn_of_unignored(const Repository& repository, const FoundReleases& found,
                       InitReport& report) {
  for (const auto& path : {found.releases, found.current}) {
    const std::string relative = path.lexically_relative(repository.work_tree).string();
    if (relative.empty() || relative.starts_with("..")) continue;
    if (repository.git.ask({"check-ignore", "--quiet", "--", relative}).status == 0) continue;
    report.warnings.push_back("git does not ignore '" + relative +
                              "', which deploys change: echo '/" + relative + "' >> .gitignore");
  }
}

void write_configuration(const Repository& repository, InitReport& report) {
  if (repository.push_to_deploy) {  // a file here would stand in the way of the one that comes
    report.warnings.push_back("there is no " + std::string(names::configuration_file) +
                              " yet: commit one that says what goes back together, and push it");
    return;
  }
  if (repository.bare()) {
    report.warnings.push_back("the repository is bare: commit a " +
                              std::string(names::configuration_file) + " to it");
    return;
  }
  const FoundService found =
      look_for_service(repository.work_tree, [&](const std::string& revision) {
        return commit_of_revision(repository.git, revision).has_value();
      });
  write_file(repository.work_tree / std::string(names::configuration_file),
             starting_configuration(found, repository.work_tree));
  report.done.push_back("wrote " + std::string(names::configuration_file) +
                        "; edit it to say what goes back together, and commit it");
  say_what_was_found(found, report);
  if (found.binaries) warn_of_unignored(repository, *found.binaries, report);
}

// What waits beside a config file during an operation must not be committed.
void ignore_incoming_files(const Repository& repository) {
  const fs::path file =
      repository.git.line({"rev-parse", "--path-format=absolute", "--git-path", "info/exclude"});
  const std::string text = read_file_if_there(file).value_or("");
  const std::string pattern = ".*.git-rollback-*\n";
  if (text.find(pattern) != std::string::npos) return;
  fs::create_directories(file.parent_path());
  replace_file(file, text + (text.empty() || text.ends_with('\n') ? "" : "\n") + pattern);
}

std::string required_commit(const Session& session, const std::string& name) {
  const auto commit = commit_of_revision(session.repository.git, name);
  if (!commit) throw Fatal("'" + name + "' names no commit");
  return *commit;
}

// Before anything is written.
void refuse_idle_commit(const Session& session, const std::string& name) {
  required_commit(session, name);
  if (!look_around(session).has_live()) return;
  throw Usage("--commit says what runs when the record begins, and it has begun",
              {"git rollback status"});
}

std::string first_commit(const Session& session, const std::optional<std::string>& given,
                         InitReport& report) {
  if (given) return required_commit(session, *given);
  const RunningCommit running = commit_that_runs(session);
  if (!running.remark.empty()) report.warnings.push_back(running.remark);
  if (running.commit.empty()) {
    report.warnings.push_back(
        running.remark.empty()
            ? "there is no commit yet, so nothing was recorded; commit, then run"
              " git rollback init again"
            : "so nothing was recorded: git fetch, then git rollback init again; or say what"
              " runs: git rollback init --commit <commit>");
  }
  return running.commit;
}

}  // namespace

void begin_record(ChangingSession& changing, InitReport& report,
                  const std::optional<std::string>& commit) {
  const Session& session = changing.session();
  const Standing standing = look_around(session);
  if (standing.has_live()) return;
  RecordRequest request;
  request.live.commit = first_commit(session, commit, report);
  if (request.live.commit.empty()) return;
  request.at = now();
  request.live.parent = newest_point_before(standing, request.at);  // of `record --at`
  request.sentence = "State of " + changing.environment() + " when git-rollback came.";
  request.selection = everything(session.configured());
  const PointDraft draft = capture_point(changing, request);
  LiveRecord live;
  live.commit = request.live.commit;
  live.parent = draft.point.id;
  live.releases = current_releases(session);
  live.host = host_name();
  live.at = request.at;
  live.subject = "Begin the record";
  publish_point(changing, draft,
                {.refs = {{names::live_ref(changing.environment()), "",
                           write_live_record(changing.git(), live, "")}},
                 .events = {}});
  report.done.push_back("recorded today as the first point, " + draft.point.id);
  report.done.insert(report.done.end(), draft.notices.begin(), draft.notices.end());
  report.done.emplace_back("see whether a rollback would work: git rollback doctor");
}

InitReport initialise(const std::optional<std::string>& commit) {
  InitReport report;
  Session session = open_session();
  refuse_mirror(session.repository.git);
  if (session.broken) session.configured();  // throws
  if (commit) refuse_idle_commit(session, *commit);
  if (!session.configuration) {
    write_configuration(session.repository, report);
    session = open_session();
  }
  const HookInstallation hooks = install_hooks(session.repository, hooks_for(session.repository));
  report.done.insert(report.done.end(), hooks.done.begin(), hooks.done.end());
  report.warnings.insert(report.warnings.end(), hooks.warnings.begin(), hooks.warnings.end());
  for (auto& line : install_fetch_refspecs(session.repository)) report.done.push_back(line);
  ignore_incoming_files(session.repository);
  if (!session.configuration) return report;
  ChangingSession changing(std::move(session), "init", short_wait);
  begin_record(changing, report, commit);
  return report;
}

}  // namespace rollback
