// Runs the commands of `.rollback.yml`, always bounded in time, their output
// in a log.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "part/service.h"

namespace rollback {

// How commands are run in one operation or deploy.
struct CommandSetting {
  boost::filesystem::path directory;                // the work tree
  boost::filesystem::path log;                      // gets their output
  std::map<std::string, std::string> written = {};  // a copied script -> as the user wrote it
  std::map<std::string, std::string> environment;   // GIT_ROLLBACK_…: values travel here
  std::chrono::milliseconds timeout = std::chrono::minutes(2);  // rollback.commandTimeout
};

struct CommandOutcome {
  bool ok = false;
  std::string problem;  // "'tools/smoke' exited with 1: last line of its output"
};

CommandOutcome run_command(const CommandLine& command, const CommandSetting& setting);

// The program of one component, see part/service.h.
class Service {
 public:
  Service(std::string component, ServiceSettings settings)
      : component_(std::move(component)), settings_(std::move(settings)) {}

  const std::string& component() const { return component_; }

  // Drains (whose failure stops nothing), then stops.
  CommandOutcome quiesce(const CommandSetting& setting) const;
  // Starts what was stopped, or restarts.
  CommandOutcome activate(const CommandSetting& setting) const;

 private:
  std::string component_;
  ServiceSettings settings_;
};

}  // namespace rollback
