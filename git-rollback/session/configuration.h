// `.rollback.yml` (DESIGN §5), read strictly: an unknown key, a wrong type, or
// a key whose effect is not built yet is an error that names file, line and
// column, what stood there and what is allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "part/binaries/settings.h"
#include "part/code/settings.h"
#include "part/database/settings.h"
#include "part/service.h"
#include "plan/retention.h"

namespace rollback {

struct ComponentConfiguration {
  std::string name;
  // Nothing: `code: []`, the component has no code part. Empty pathspecs:
  // `code` was not written, the whole tree less the config files.
  std::optional<std::vector<std::string>> code = std::vector<std::string>{};
  std::vector<DatabaseSettings> databases;
  std::vector<std::string> config;  // files, relative to the work tree or absolute
  std::optional<BinariesSettings> binaries;
  ServiceSettings service;
};

struct Configuration {
  std::string text;  // as it was read; an operation keeps it (DESIGN §5)
  std::vector<ComponentConfiguration> components;  // in the order written
  int min_score = 80;
  CommandLine smoke_test;
  bool hold_on_failure = false;  // verification.on_failure: hold
  Retention retention;
  PreserveSettings preserve;

  const ComponentConfiguration* find(std::string_view component) const;

  // Every command that it can run, with the key that names it, for `trust`.
  struct NamedCommand {
    std::string key;  // "components.playerbot.binaries.stop"
    CommandLine command;
  };
  std::vector<NamedCommand> commands() const;
};

// `file` is for messages. Throws Usage.
Configuration parse_configuration(std::string_view text, const std::string& file);

}  // namespace rollback
