#include "session/configuration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <set>

#include "part/database/table_pattern.h"
#include "session/preserve_settings.h"
#include "session/retention_settings.h"
#include "session/strict_yaml.h"
#include "store/names.h"

namespace rollback {
namespace {

namespace fs = boost::filesystem;
using namespace std::string_view_literals;

// A command is an argument list, never shell text.
CommandLine read_command(const YamlValue& value) {
  if (!value.is_list()) {
    value.fail(value.path() +
               " is no list; write a command as a list, such as "
               "[\"systemctl\", \"stop\", \"playerbot\"]");
  }
  auto command = value.texts();
  if (command.empty()) value.fail(value.path() + " is empty; leave it out, or name a program");
  return command;
}

// "30s", "2 minutes", "500ms".
std::chrono::milliseconds read_duration(const YamlValue& value) {
  struct Unit {
    std::string_view name;
    long long ms;
  };
  static constexpr std::array units{
      Unit{"ms", 1},           Unit{"s", 1000},         Unit{"second", 1000},
      Unit{"seconds", 1000},   Unit{"m", 60'000},       Unit{"min", 60'000},
      Unit{"minute", 60'000},  Unit{"minutes", 60'000}, Unit{"h", 3'600'000},
      Unit{"hour", 3'600'000}, Unit{"hours", 3'600'000}};
  constexpr long long day_ms = 24 * 3'600'000LL;
  const std::string text = value.text();
  long long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == rest; });
  if (error != std::errc() || unit == units.end() || count < 1 || count > day_ms / unit->ms) {
    value.fail("'" + text + "' in " + value.path() +
               "; allowed: a time up to a day, such as 500ms, 30s or 2 minutes");
  }
  return std::chrono::milliseconds(count * unit->ms);
}

std::optional<std::vector<std::string>> read_code(const YamlValue& value) {
  if (!value.is_list()) return std::vector{value.text()};
  auto pathspecs = value.texts();
  if (pathspecs.empty()) return std::nullopt;
  return pathspecs;
}

std::string read_url(const YamlValue& value) {
  std::string url = value.text();
  for (const auto scheme : {"mysql:"sv, "mariadb:"sv}) {
    if (url.starts_with(scheme)) {
      value.fail("MySQL and MariaDB are not built yet; allowed: sqlite:PATH");
    }
  }
  constexpr auto sqlite = "sqlite:"sv;
  if (!url.starts_with(sqlite) || url.size() == sqlite.size()) {
    value.fail("'" + url + "' in " + value.path() + "; allowed: sqlite:PATH");
  }
  return url;
}

DatabaseSettings read_database(const YamlValue& value) {
  constexpr std::array keys{"url"sv,  "tables"sv, "ledger"sv,
                            "rows"sv, "backup"sv, "on_backup_failure"sv};
  constexpr std::array not_built{"sessions"sv, "migrations"sv, "owner"sv};
  constexpr std::array rows_words{"auto"sv, "restore"sv, "keep_all"sv};  // as in Rows
  constexpr std::array rows_not_built{"keep_new"sv};
  constexpr std::array backup_words{"full"sv};
  constexpr std::array backup_not_built{"auto"sv, "structure"sv, "none"sv};
  constexpr std::array failure_words{"stop"sv, "without"sv};

  const YamlMap map = value.map(keys, not_built);
  DatabaseSettings database;
  database.url = read_url(map.need("url"));
  database.tables = map.need("tables").some_texts();
  if (const auto ledger = map.find("ledger")) database.ledger = ledger->texts();
  if (const auto rows = map.find("rows")) {
    database.rows.otherwise = static_cast<Rows>(rows->choice(rows_words, rows_not_built));
  }
  if (const auto backup = map.find("backup")) backup->choice(backup_words, backup_not_built);
  if (const auto failure = map.find("on_backup_failure")) {
    database.without_on_backup_failure = failure->choice(failure_words) == 1;
  }
  return database;
}

std::vector<DatabaseSettings> read_databases(const YamlValue& value) {
  if (!value.is_list()) return {read_database(value)};
  std::vector<DatabaseSettings> databases;
  for (const auto& one : value.list()) databases.push_back(read_database(one));
  if (databases.empty()) value.fail("an empty list in " + value.path() + "; leave it out");
  return databases;
}

std::string read_config_file(const YamlValue& value) {
  std::string file = value.text();
  if (file.find_first_of("*?[") != std::string::npos) {
    value.fail("'" + file + "' in " + value.path() +
               ": patterns are not built yet; name each file");
  }
  if (file.ends_with('/')) {
    value.fail("'" + file + "' in " + value.path() + " names a folder; name each file");
  }
  for (const auto& segment : fs::path(file)) {
    if (segment == "." || segment == "..") {
      value.fail("'" + segment.string() + "' in '" + file + "' in " + value.path() +
                 " is not allowed");
    }
  }
  return file;
}

std::vector<std::string> read_config(const YamlValue& value) {
  value.some_texts();  // a list of strings, not an empty one
  std::vector<std::string> files;
  for (const auto& item : value.list()) files.push_back(read_config_file(item));
  return files;
}

ServiceSettings read_service(const YamlMap& map) {
  ServiceSettings service;
  if (const auto drain = map.find("drain")) service.drain = read_command(*drain);
  if (const auto timeout = map.find("drain_timeout"))
    service.drain_timeout = read_duration(*timeout);
  const auto stop = map.find("stop"), start = map.find("start"), restart = map.find("restart");
  if (stop) service.stop = read_command(*stop);
  if (start) service.start = read_command(*start);
  if (restart) service.restart = read_command(*restart);

  if (restart && (stop || start)) {
    restart->fail("restart in " + map.value().path() +
                  " stands beside stop or start; either restart, or stop and start");
  }
  if (stop && !start) stop->fail("stop in " + map.value().path() + " needs start");
  if (start && !stop) start->fail("start in " + map.value().path() + " needs stop");
  return service;
}

void read_binaries(const YamlValue& value, ComponentConfiguration& component) {
  constexpr std::array keys{"releases"sv, "current"sv, "keep"sv,    "drain"sv,
                            "stop"sv,     "start"sv,   "restart"sv, "drain_timeout"sv};
  constexpr std::array not_built{"instances"sv};
  const YamlMap map = value.map(keys, not_built);
  BinariesSettings binaries;
  binaries.releases = map.need("releases").text();
  binaries.current = map.need("current").text();
  if (const auto keep = map.find("keep")) {
    binaries.keep = static_cast<int>(keep->number(1, std::numeric_limits<int>::max()));
  }
  component.binaries = binaries;
  component.service = read_service(map);
}

ComponentConfiguration read_component(const YamlValue::Entry& entry) {
  constexpr std::array keys{"code"sv, "database"sv, "config"sv, "binaries"sv};
  const auto& [key, value, name] = entry;
  if (!names::is_component(name)) {
    key.fail("'" + name +
             "' as the name of a component; allowed: lower-case letters, digits, and "
             "after the first also '_', '.' and '-', but not the name of a part");
  }
  const YamlMap map = value.map(keys);
  ComponentConfiguration component;
  component.name = name;
  if (const auto code = map.find("code")) component.code = read_code(*code);
  if (const auto database = map.find("database")) component.databases = read_databases(*database);
  if (const auto config = map.find("config")) component.config = read_config(*config);
  if (const auto binaries = map.find("binaries")) read_binaries(*binaries, component);
  if (!component.code && component.databases.empty() && component.config.empty() &&
      !component.binaries) {
    key.fail("component '" + name + "' has no part");
  }
  return component;
}

// One file cannot go back with two components, nor twice with one.
void refuse_shared_config(const YamlValue& components, const Configuration& configuration) {
  std::set<fs::path> seen;
  for (const auto& component : configuration.components) {
    for (const auto& file : component.config) {
      if (!seen.insert(file).second) {
        components.fail("config file '" + file + "' is named twice");
      }
    }
  }
}

bool overlap(const std::vector<std::string>& some, const std::vector<std::string>& others,
             std::string& which) {
  for (const auto& one : some) {
    for (const auto& other : others) {
      if (!is_meant({one}, other) && !is_meant({other}, one)) continue;
      which = other;
      return true;
    }
  }
  return false;
}

// Nor can a table, or a link.
void refuse_shared_stores(const YamlValue& components, const Configuration& configuration) {
  std::set<fs::path> links;
  std::map<std::string, std::vector<std::string>> tables_of;  // by url
  for (const auto& component : configuration.components) {
    if (component.binaries &&
        !links.insert(component.binaries->current.lexically_normal()).second) {
      components.fail("'" + component.binaries->current.string() +
                      "' is the current link of two components");
    }
    for (const auto& database : component.databases) {
      std::vector<std::string> tables = database.tables;
      tables.insert(tables.end(), database.ledger.begin(), database.ledger.end());
      std::string which;
      auto& taken = tables_of[database.url];
      if (overlap(taken, tables, which)) {
        components.fail("table '" + which + "' of '" + database.url + "' is meant twice");
      }
      taken.insert(taken.end(), tables.begin(), tables.end());
    }
  }
}

void read_verification(const YamlValue& value, Configuration& configuration) {
  constexpr std::array keys{"smoke_test"sv, "on_failure"sv};
  constexpr std::array failure_words{"revert"sv, "hold"sv};
  const YamlMap map = value.map(keys);
  if (const auto test = map.find("smoke_test")) configuration.smoke_test = read_command(*test);
  if (const auto failure = map.find("on_failure")) {
    configuration.hold_on_failure = failure->choice(failure_words) == 1;
  }
}

}  // namespace

Configuration parse_configuration(std::string_view text, const std::string& file) {
  constexpr std::array keys{"version"sv,   "components"sv, "health"sv,    "verification"sv,
                            "retention"sv, "preserve"sv,   "strategies"sv};
  constexpr std::array not_built{"triggers"sv, "canary"sv};
  const YamlMap map = YamlValue::parse(text, file).map(keys, not_built);
  map.need("version").number(1, 1);

  Configuration configuration;
  configuration.text = text;
  const YamlValue components = map.need("components");
  for (const auto& entry : components.entries()) {
    configuration.components.push_back(read_component(entry));
  }
  if (configuration.components.empty()) components.fail("no component in components; name one");
  refuse_shared_config(components, configuration);
  refuse_shared_stores(components, configuration);
  if (const auto health = map.find("health")) {
    const YamlMap health_map = health->map(std::array{"min_score"sv}, std::array{"probe"sv});
    if (const auto score = health_map.find("min_score")) {
      configuration.min_score = static_cast<int>(score->number(0, 100));
    }
  }
  if (const auto verification = map.find("verification")) {
    read_verification(*verification, configuration);
  }
  if (const auto retention = map.find("retention")) {
    configuration.retention = read_retention(*retention);
  }
  configuration.preserve = read_preserve_settings(map.find("preserve"), map.find("strategies"));
  return configuration;
}

const ComponentConfiguration* Configuration::find(std::string_view component) const {
  for (const auto& candidate : components) {
    if (candidate.name == component) return &candidate;
  }
  return nullptr;
}

std::vector<Configuration::NamedCommand> Configuration::commands() const {
  std::vector<NamedCommand> all;
  const auto add = [&](const std::string& key, const CommandLine& command) {
    if (!command.empty()) all.push_back({key, command});
  };
  for (const auto& component : components) {
    const std::string prefix = "components." + component.name + ".binaries.";
    add(prefix + "drain", component.service.drain);
    add(prefix + "stop", component.service.stop);
    add(prefix + "start", component.service.start);
    add(prefix + "restart", component.service.restart);
  }
  add("verification.smoke_test", smoke_test);
  return all;
}

}  // namespace rollback
