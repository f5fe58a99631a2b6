#include "run/service.h"

#include <boost/filesystem/operations.hpp>

#include "os/file.h"
#include "os/process.h"
#include "os/progress.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::string last_line_since(const fs::path& log, std::uintmax_t offset) {
  const auto text = read_file_if_there(log);
  if (!text || text->size() <= offset) return "";
  std::string_view rest = std::string_view(*text).substr(offset);
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  const size_t newline = rest.rfind('\n');
  return std::string(newline == std::string_view::npos ? rest : rest.substr(newline + 1));
}

}  // namespace

CommandOutcome run_command(const CommandLine& command, const CommandSetting& setting) {
  if (command.empty()) return {.ok = true, .problem = ""};
  fs::create_directories(setting.log.parent_path());
  boost::system::error_code none;
  const std::uintmax_t offset = fs::exists(setting.log) ? fs::file_size(setting.log, none) : 0;
  Command run_it;
  run_it.argv = command;
  run_it.directory = setting.directory;
  run_it.set = setting.environment;
  run_it.unset = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"};
  run_it.output = Command::Output::file;
  run_it.output_file = setting.log;
  run_it.own_group = true;  // a daemon that it starts must not end with our terminal
  run_it.timeout = setting.timeout;
  const auto written = setting.written.find(command[0]);
  const std::string name =
      "'" + (written == setting.written.end() ? command[0] : written->second) + "'";
  const auto limit = std::chrono::duration_cast<std::chrono::seconds>(setting.timeout);
  const Work work("running " + name, Unit::seconds, static_cast<std::uint64_t>(limit.count()));
  const Finished finished = run(run_it);
  if (finished.status == 0) return {.ok = true, .problem = ""};
  std::string problem = name + " ";
  if (finished.timed_out) {
    problem += "did not end within " + std::to_string(setting.timeout.count() / 1000) + " s";
  } else if (finished.status == 127 && !finished.err.empty()) {
    problem = "cannot run " + finished.err;
  } else {
    problem += "exited with " + std::to_string(finished.status);
  }
  const std::string last = last_line_since(setting.log, offset);
  if (!last.empty()) problem += ": " + last;
  return {.ok = false, .problem = problem};
}

CommandOutcome Service::quiesce(const CommandSetting& setting) const {
  CommandSetting bounded = setting;
  bounded.timeout = settings_.drain_timeout;
  run_command(settings_.drain, bounded);
  return run_command(settings_.stop, setting);
}

CommandOutcome Service::activate(const CommandSetting& setting) const {
  return run_command(settings_.start.empty() ? settings_.restart : settings_.start, setting);
}

}  // namespace rollback
