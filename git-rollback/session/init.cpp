#include "session/init.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/file.h"
#include "os/lock.h"
#include "part/binaries/binaries_part.h"
#include "session/fetch_refspecs.h"
#include "session/parts.h"
#include "session/recording.h"
#include "session/standing.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* hook_marker = "# git-rollback hook";

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

void install_hook(const fs::path& from, const fs::path& hooks, const std::string& name,
                  InitReport& report) {
  const std::string ours = read_file(from / name);
  const fs::path target = hooks / name;
  const auto there = read_file_if_there(target);
  if (there == ours) return;
  if (there && there->find(hook_marker) == std::string::npos) {
    report.warnings.push_back("left the hook '" + target.string() +
                              "' alone, since it is not ours; add this line to it: git rollback "
                              "hook " +
                              name + " \"$@\"");
    return;
  }
  fs::create_directories(hooks);
  replace_file(target, ours, FileMode{.mode = 0755, .uid = geteuid(), .gid = getegid()});
  report.done.push_back("installed the hook " + target.string());
}

void install_hooks(const Repository& repository, InitReport& report) {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path from = (program.parent_path() / GIT_ROLLBACK_HOOKS_DIR).lexically_normal();
  const fs::path hooks =
      repository.git.line({"rev-parse", "--path-format=absolute", "--git-path", "hooks"});
  for (const char* name : {"pre-deploy", "post-deploy"}) install_hook(from, hooks, name, report);
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

void record_today(ChangingSession& changing, InitReport& report) {
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

}  // namespace

InitReport initialise() {
  InitReport report;
  Session session = open_session();
  if (session.broken) session.configured();  // throws
  if (!session.configuration) {
    write_configuration(session.repository, report);
    session = open_session();
  }
  install_hooks(session.repository, report);
  for (auto& line : install_fetch_refspecs(session.repository)) report.done.push_back(line);
  ignore_incoming_files(session.repository);
  if (!session.configuration) return report;
  ChangingSession changing(std::move(session), "init", short_wait);
  record_today(changing, report);
  return report;
}

}  // namespace rollback
