#include "session/uninstall.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <map>
#include <set>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/file.h"
#include "session/fetch_refspecs.h"
#include "session/hook_installation.h"
#include "session/parts.h"
#include "session/push_to_deploy.h"
#include "store/names.h"
#include "store/point_check.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* excluded = ".*.git-rollback-*";

fs::path path_in_git(const Git& git, const std::string& name) {
  return git.line({"rev-parse", "--path-format=absolute", "--git-path", name});
}

// Whatever links there are on the way.
bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path inner = fs::weakly_canonical(path), outer = fs::weakly_canonical(folder);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// Each file in the folder beside the program is a hook that it can install.
void find_hooks(const Repository& repository, UninstallPlan& plan) {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path ours = (program.parent_path() / GIT_ROLLBACK_HOOKS_DIR).lexically_normal();
  const fs::path hooks = hooks_directory(repository);
  const bool shared = !is_below(hooks, repository.common_dir);
  for (const auto& entry : fs::directory_iterator(ours)) {
    const fs::path file = hooks / entry.path().filename();
    if (!fs::is_regular_file(fs::symlink_status(file))) continue;
    const std::string text = read_file(file);
    if (shared) {
      if (is_hook_of_ours(text)) plan.shared_hooks.push_back(file);
    } else if (text == read_file(entry.path())) {
      plan.hooks.push_back(file);
    } else if (is_hook_of_ours(text)) {
      plan.changed_hooks.push_back(file);
    }
  }
  std::sort(plan.hooks.begin(), plan.hooks.end());
  std::sort(plan.shared_hooks.begin(), plan.shared_hooks.end());
}

bool has_excluded_line(const fs::path& file) {
  const std::string text = read_file_if_there(file).value_or("");
  const auto lines = split(text, '\n');
  return std::find(lines.begin(), lines.end(), excluded) != lines.end();
}

void remove_excluded_line(const fs::path& file) {
  std::string rest = read_file(file);
  const std::string line = std::string(excluded) + "\n";
  for (size_t at = 0; (at = rest.find(line, at)) != std::string::npos;) {
    if (at == 0 || rest[at - 1] == '\n') {
      rest.erase(at, line.size());
    } else {
      ++at;
    }
  }
  rest.empty() ? remove_file(file) : replace_file(file, rest);
}

void find_refs(const Git& git, UninstallPlan& plan) {
  const std::string list =
      git.run({"for-each-ref", "--format=%(objectname) %(refname)", std::string(names::record_refs),
               std::string(names::events_ref), std::string(names::draft_events_refs),
               std::string(names::tag_refs)});
  std::set<std::string> points;
  std::vector<RefChange> tags;
  for (const auto line : split(list, '\n')) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    RefChange change{std::string(line.substr(space + 1)), std::string(line.substr(0, space)), ""};
    if (change.ref.starts_with("refs/tags/")) {
      tags.push_back(std::move(change));
      continue;
    }
    if (names::parse_point_ref(change.ref)) points.insert(change.old_id);
    plan.refs.push_back(std::move(change));
  }
  // One below rollback/ is ours where it is a point's, by the message in it.
  std::vector<NamedTag> named;
  for (const auto& tag : tags) {
    named.push_back(
        {names::parse_tag_ref(tag.ref).value_or(names::EnvironmentAndId{}), tag.old_id});
  }
  const auto problems = problems_of(git, named);
  for (size_t i = 0; i < tags.size(); ++i) {
    if (points.count(tags[i].old_id) != 0 || problems[i].empty()) {
      plan.refs.push_back(tags[i]);
    } else {
      plan.stays.push_back("'" + tags[i].ref + "', which is no tag of a point");
    }
  }
}

void find_tracking_refs(const Git& git, UninstallPlan& plan) {
  const std::string list =
      git.run({"for-each-ref", "--format=%(objectname) %(refname)",
               std::string(names::all_tracked_refs), std::string(names::all_tracked_notes)});
  for (const auto line : split(list, '\n')) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    plan.tracking.push_back(
        {std::string(line.substr(space + 1)), std::string(line.substr(0, space)), ""});
  }
}

void name_branches(const Git& git, UninstallPlan& plan) {
  const std::string branches =
      git.run({"for-each-ref", "--format=%(refname:short)", std::string(names::branch_refs)});
  const auto count = std::count(branches.begin(), branches.end(), '\n');
  if (count > 0) {
    plan.stays.push_back(std::to_string(count) + (count == 1 ? " branch" : " branches") +
                         " below 'rollback/', with the commits of rollbacks");
  }
}

// Whatever holds data of the user's.
void name_stores(const Session& session, UninstallPlan& plan) {
  if (!session.configuration) return;
  const Configuration& configuration = *session.configuration;
  std::map<std::string, size_t> tables;
  for (const auto& part : make_parts(session, configuration, everything(configuration))) {
    for (const auto& table : part->kept().tables) ++tables[table.database];
  }
  for (const auto& [database, count] : tables) {
    plan.stays.push_back(std::to_string(count) + " backup or displaced table" +
                         (count == 1 ? "" : "s") + " in database '" + database + "'");
  }
  for (const auto& component : configuration.components) {
    if (!component.binaries) continue;
    plan.stays.push_back("the releases in '" + component.binaries->releases.string() + "'");
  }
  plan.stays.push_back("'" + std::string(names::configuration_file) + "'");
}

void refuse_open_deploys(ChangingSession& changing, const UninstallPlan& plan) {
  std::set<std::string> environments{changing.environment()};
  for (const auto& change : plan.refs) {
    if (const auto point = names::parse_point_ref(change.ref)) {
      environments.insert(point->environment);
    }
  }
  for (const auto& environment : environments) {
    const auto open = changing.journal().newest_open_deploy(environment);
    if (!open) continue;
    throw Refused("deploy " + open->id + " of '" + environment + "' is open",
                  {"end it first: git rollback hook post-deploy --status <status>"});
  }
}

}  // namespace

bool UninstallPlan::takes_the_same(const UninstallPlan& other) const {
  return hooks == other.hooks && excludes == other.excludes && fetches == other.fetches &&
         deploys_pushes == other.deploys_pushes && refs == other.refs && tracking == other.tracking;
}

std::vector<std::string> UninstallPlan::lines() const {
  std::vector<std::string> lines;
  for (const auto& hook : hooks) lines.push_back("the hook '" + hook.string() + "'");
  if (excludes) lines.push_back("the line '" + std::string(excluded) + "' of info/exclude");
  if (fetches) lines.emplace_back("what git fetch brings of points and events, at every remote");
  if (!tracking.empty()) {
    lines.push_back(std::to_string(tracking.size()) + (tracking.size() == 1 ? " ref" : " refs") +
                    " with what remotes had of points and events");
  }
  if (deploys_pushes) lines.emplace_back("that pushes are deployed");
  if (!refs.empty()) {
    size_t points = 0;
    for (const auto& ref : refs) points += names::parse_point_ref(ref.ref) ? 1 : 0;
    lines.push_back("the record: " + std::to_string(refs.size()) + " refs, among them " +
                    std::to_string(points) + (points == 1 ? " point" : " points"));
  }
  if (state) lines.emplace_back("index, journal and logs in the git directory");
  return lines;
}

UninstallPlan plan_uninstall(const Session& session) {
  const Git& git = session.repository.git;
  UninstallPlan plan;
  find_hooks(session.repository, plan);
  plan.excludes = has_excluded_line(path_in_git(git, "info/exclude"));
  plan.fetches = has_fetch_refspecs(session.repository);
  plan.deploys_pushes = session.repository.push_to_deploy;
  find_refs(git, plan);
  find_tracking_refs(git, plan);
  plan.state = fs::exists(names::state_directory(session.repository.common_dir));
  for (const auto& hook : plan.changed_hooks) {
    plan.stays.push_back("the hook '" + hook.string() + "', which was changed since");
  }
  for (const auto& hook : plan.shared_hooks) {
    plan.stays.push_back("the hook '" + hook.string() +
                         "', which other repositories may use: core.hooksPath names its folder");
  }
  name_branches(git, plan);
  name_stores(session, plan);
  return plan;
}

void uninstall(ChangingSession& changing, const UninstallPlan& plan) {
  refuse_open_deploys(changing, plan);
  const Git& git = changing.git();
  for (const auto& hook : plan.hooks) remove_file(hook);
  fail_point("uninstall hooks");
  const fs::path exclude = path_in_git(git, "info/exclude");
  if (has_excluded_line(exclude)) remove_excluded_line(exclude);
  fail_point("uninstall excluded");
  remove_fetch_refspecs(changing.repository());
  remove_push_to_deploy_settings(changing.repository());
  fail_point("uninstall settings");
  if (!plan.tracking.empty()) move_refs(git, plan.tracking, "rollback: follow remotes no more");
  if (!plan.refs.empty()) publish(git, changing.journal(), {.refs = plan.refs, .events = {}});
  fail_point("uninstall refs");
  boost::system::error_code error;
  const fs::path state = names::state_directory(changing.repository().common_dir);
  fs::remove_all(state, error);
  if (error) throw Fatal("cannot remove '" + state.string() + "': " + error.message());
}

}  // namespace rollback
