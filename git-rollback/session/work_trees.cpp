#include "session/work_trees.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "plan/plan_text.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* work_tree_trailer = "Rollback-Worktree";

// The first of the part's stores that is named by a relative path.
std::optional<std::string> relative_store(const ComponentConfiguration& component, Kind kind) {
  std::vector<std::string> paths;
  if (kind == Kind::config) paths = component.config;
  if (kind == Kind::binaries && component.binaries) {
    paths = {component.binaries->releases.string(), component.binaries->current.string()};
  }
  if (kind == Kind::database) {
    for (const auto& database : component.databases) {
      paths.push_back(database.url.substr(database.url.find(':') + 1));
    }
  }
  for (const auto& path : paths) {
    if (fs::path(path).is_relative()) return path;
  }
  return std::nullopt;
}

std::string in_words(const std::string& work_tree) {
  return work_tree.empty() ? "the main work tree" : "the work tree '" + work_tree + "'";
}

}  // namespace

std::string linked_work_tree(const Repository& repository) {
  if (repository.git_dir == repository.common_dir) return "";
  return repository.git_dir.filename().string();
}

void require_work_tree_for(const Session& session, const Selection& selection) {
  if (!session.repository.bare()) return;
  for (const auto& [name, kinds] : selection) {
    const auto* component = session.configured().find(name);
    for (const Kind kind : kinds) {
      const auto path = component == nullptr ? std::nullopt : relative_store(*component, kind);
      if (!path) continue;
      throw Usage("'" + *path + "' of " + name + "/" + std::string(name_of(kind)) +
                      " is relative to a work tree, and this repository is bare",
                  {"write an absolute path in .rollback.yml",
                   "or leave it out: --component " + name + "/code"});
    }
  }
}

void note_work_tree(const Repository& repository, Point& point) {
  const std::string name = linked_work_tree(repository);
  if (!name.empty()) point.trailers.push_back({work_tree_trailer, {name}});
}

std::optional<Obstacle> in_another_work_tree(const Session& session, const Part& part,
                                             const Point& point) {
  const auto* component = session.configured().find(part.component());
  if (component == nullptr || !relative_store(*component, part.kind())) return std::nullopt;
  const std::string there = first_field(point.trailers, work_tree_trailer);
  const std::string here = linked_work_tree(session.repository);
  if (there == here) return std::nullopt;
  return Obstacle{"its store is in " + in_words(there) + ", and this is " + in_words(here),
                  {"see where that is, and run this there: git worktree list",
                   "or bring back the code alone: --component " + part.component() + "/code"}};
}

Repository repository_of(const Repository& here, const OperationRow& operation) {
  const Plan plan = prepared_plan_from(operation.plan).plan;
  Repository there = here;
  there.environment = operation.environment;
  const bool same = here.git_dir == plan.git_dir && here.work_tree == plan.work_tree;
  if (same || !fs::exists(plan.git_dir) || (!plan.work_tree.empty() && !fs::exists(plan.work_tree)))
    return there;
  there.git_dir = plan.git_dir;
  there.work_tree = plan.work_tree;
  there.head.clear();
  there.git = Git(there.git_dir, there.work_tree);
  return there;
}

Configuration configuration_of(const OperationRow& operation) {
  return parse_configuration(operation.configuration, std::string(names::configuration_file) +
                                                          " of operation " + operation.id);
}

Session session_of(const Session& here, const OperationRow& operation) {
  return {.repository = repository_of(here.repository, operation),
          .configuration = configuration_of(operation),
          .broken = nullptr};
}

}  // namespace rollback
