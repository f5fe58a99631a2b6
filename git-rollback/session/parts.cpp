#include "session/parts.h"

#include "os/error.h"
#include "part/binaries/binaries_part.h"
#include "part/code/code_part.h"
#include "part/config/config_part.h"
#include "part/database/database_part.h"
#include "store/journal.h"
#include "store/names.h"

namespace rollback {
namespace {

// One of a host that is gone, and those of which a database was given up here.
std::string operations_to_end(const Repository& repository) {
  std::string list = repository.settings.text("rollback.takeOver").value_or("");
  try {
    auto journal = Journal::open_to_read(names::journal_file(repository.common_dir));
    if (!journal) return list;
    for (const auto& operation : journal->given_up()) list += (list.empty() ? "" : ",") + operation;
  } catch (const std::exception&) {  // a damaged one is told of by doctor, and by whoever changes
                                     // anything
    return list;
  }
  return list;
}

}  // namespace

std::vector<std::unique_ptr<Part>> make_parts(const Session& session,
                                              const Configuration& configuration,
                                              const Selection& selection) {
  const Repository& repository = session.repository;
  std::vector<std::unique_ptr<Part>> parts;
  std::vector<CodePaths> code;
  for (const auto& component : configuration.components) {
    const auto found = selection.find(component.name);
    if (found == selection.end()) continue;
    const auto& kinds = found->second;
    if (kinds.count(Kind::database) != 0) {
      parts.push_back(make_database_part(component.name, databases_of(session, component),
                                         session.base(), repository.git));
    }
    if (kinds.count(Kind::config) != 0) {
      parts.push_back(
          make_config_part(component.name, component.config, session.base(), repository.git));
    }
    if (kinds.count(Kind::binaries) != 0) {
      parts.push_back(make_binaries_part(component.name, *component.binaries, session.base()));
    }
    if (kinds.count(Kind::code) != 0) {
      code.push_back(
          {component.name, *component.code, component.config, kinds.count(Kind::config) != 0});
    }
  }
  if (!code.empty()) {
    parts.push_back(
        make_code_part(std::move(code),
                       {.environment = repository.environment,
                        .sign = repository.settings.flag("commit.gpgSign", false),
                        .preserve = configuration.preserve,
                        .closure_limit = repository.settings.number("rollback.closureLimit", 50)},
                       repository.git));
  }
  return parts;
}

std::vector<std::unique_ptr<Part>> all_parts(const Session& session) {
  const Configuration& configuration = session.configured();
  return make_parts(session, configuration, everything(configuration));
}

std::vector<DatabaseSettings> databases_of(const Session& session,
                                           const ComponentConfiguration& component) {
  const Settings& config = session.repository.settings;
  const std::string take_over = operations_to_end(session.repository);
  std::vector<DatabaseSettings> databases = component.databases;
  for (DatabaseSettings& database : databases) {
    database.option_file = config.text("rollback.mysqlOptionFile").value_or("");
    database.take_over = take_over;
    database.full_below_bytes = config.number("rollback.fullBelow", database.full_below_bytes);
    database.replicas = config.texts("rollback.replica");
    database.replica_lag_s = config.number("rollback.replicaLag", database.replica_lag_s);
  }
  return databases;
}

std::vector<Service> make_services(const Configuration& configuration, const Selection& selection) {
  std::vector<Service> services;
  for (const auto& component : configuration.components) {
    const auto found = selection.find(component.name);
    if (found == selection.end()) continue;
    std::set<Kind> kinds = found->second;
    kinds.erase(Kind::code);
    if (!kinds.empty()) services.emplace_back(component.name, component.service);
  }
  return services;
}

std::map<std::string, std::string> current_releases(const Session& session) {
  std::map<std::string, std::string> releases;
  for (const auto& component : session.configured().components) {
    if (!component.binaries) continue;
    if (auto release = current_release(*component.binaries, session.base())) {
      releases[component.name] = *std::move(release);
    }
  }
  return releases;
}

}  // namespace rollback
