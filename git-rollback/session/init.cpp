#include "session/init.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/file.h"
#include "os/lock.h"
#include "part/binaries/binaries_part.h"
#include "session/hook_installation.h"
#include "session/parts.h"
#include "session/recording.h"
#include "session/standing.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* starting_configuration =
    R"(# What goes back together when a deploy goes wrong: see git rollback -h.
version: 1
components:
  %NAME%:
    code: ["."]                         # pathspecs, such as "src/%NAME%"
    # config: ["etc/%NAME%.conf"]
    # database:
    #   url: "sqlite:var/%NAME%.db"
    #   tables: ["%NAME%", "%NAME%_*"]
    # binaries:
    #   releases: "releases"
    #   current: "current"
    #   stop: ["systemctl", "stop", "%NAME%"]
    #   start: ["systemctl", "start", "%NAME%"]
# verification: { smoke_test: ["tools/smoke"] }
)";

// A name for the one component that the first configuration has.
std::string component_name(const fs::path& folder) {
  const std::string text = folder.filename().string();
  std::string name;
  for (const char c : text) {
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (fits || (!name.empty() && (c == '_' || c == '-' || c == '.'))) name += lower;
  }
  return names::is_component(name) ? name : "app";
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
  std::string text = starting_configuration;
  const std::string name = component_name(repository.work_tree);
  for (size_t at = 0; (at = text.find("%NAME%")) != std::string::npos;) text.replace(at, 6, name);
  write_file(repository.work_tree / std::string(names::configuration_file), text);
  report.done.push_back("wrote " + std::string(names::configuration_file) +
                        "; edit it to say what goes back together");
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

std::string commit_that_runs(const Session& session) {
  const Git& git = session.repository.git;
  for (const auto& component : session.configured().components) {
    if (!component.binaries) continue;
    const auto revision = revision_of_release(*component.binaries, session.base());
    if (!revision) continue;
    const Finished answer =
        git.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", *revision + "^{commit}"});
    if (answer.status == 0) return answer.out.substr(0, answer.out.find('\n'));
  }
  const Finished head = git.ask({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  return head.status == 0 ? head.out.substr(0, head.out.find('\n')) : "";
}

}  // namespace

void begin_record(ChangingSession& changing, InitReport& report) {
  const Session& session = changing.session();
  if (look_around(session).has_live()) return;
  RecordRequest request;
  request.live.commit = commit_that_runs(session);
  if (request.live.commit.empty()) {
    report.warnings.push_back(
        "there is no commit yet, so nothing was recorded; commit, then run"
        " git rollback init again");
    return;
  }
  request.at = now();
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
}

InitReport initialise() {
  InitReport report;
  Session session = open_session();
  if (session.broken) session.configured();  // throws
  if (!session.configuration) {
    write_configuration(session.repository, report);
    session = open_session();
  }
  const HookInstallation hooks = install_hooks(session.repository, hooks_for(session.repository));
  report.done.insert(report.done.end(), hooks.done.begin(), hooks.done.end());
  report.warnings.insert(report.warnings.end(), hooks.warnings.begin(), hooks.warnings.end());
  ignore_incoming_files(session.repository);
  if (!session.configuration) return report;
  ChangingSession changing(std::move(session), "init", short_wait);
  begin_record(changing, report);
  return report;
}

}  // namespace rollback
