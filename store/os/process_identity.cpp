#include "os/process_identity.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

namespace rollback {
namespace {

namespace fs = boost::filesystem;

// Files of /proc say nothing of their size, so they are read to the end.
std::string slurp(const fs::path& path) {
  std::ifstream file(path.string(), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// From the third on: what stands before may hold blanks and brackets.
std::vector<std::string> stat_fields(pid_t pid) {
  const std::string text = slurp(fs::path("/proc") / std::to_string(pid) / "stat");
  const size_t bracket = text.rfind(')');
  std::vector<std::string> fields;
  if (bracket == std::string::npos) return fields;
  std::istringstream words(text.substr(bracket + 1));
  for (std::string word; words >> word;) fields.push_back(word);
  return fields;
}

constexpr size_t parent_field = 1, start_field = 19;

bool was_started_as(pid_t pid, std::string_view program, std::string_view subcommand) {
  const std::string text = slurp(fs::path("/proc") / std::to_string(pid) / "cmdline");
  const size_t end = text.find('\0');
  const std::string name = fs::path(text.substr(0, end)).filename().string();
  if (name == std::string(program) + "-" + std::string(subcommand)) return true;
  if (name != program || end == std::string::npos) return false;
  // git -c name=value receive-pack
  return text.find('\0' + std::string(subcommand) + '\0', end) != std::string::npos;
}

pid_t parent_of(pid_t pid) {
  const auto fields = stat_fields(pid);
  return fields.size() <= parent_field ? 0 : std::atoi(fields[parent_field].c_str());
}

bool is_within(const fs::path& path, const fs::path& folder) {
  return (path / "").string().starts_with((folder / "").string());
}

}  // namespace

std::string process_identity(pid_t pid) {
  const auto fields = stat_fields(pid);
  if (fields.size() <= start_field || fields[0] == "Z") return "";
  std::string boot = slurp("/proc/sys/kernel/random/boot_id");
  if (boot.ends_with('\n')) boot.pop_back();
  return std::to_string(pid) + " " + fields[start_field] + " " + boot;
}

bool is_running(const std::string& identity) {
  const pid_t pid = std::atoi(identity.c_str());
  return pid > 0 && process_identity(pid) == identity;
}

pid_t find_ancestor(std::string_view program, std::string_view subcommand) {
  for (pid_t pid = getppid(); pid > 1;) {
    if (was_started_as(pid, program, subcommand)) return pid;
    pid = parent_of(pid);
  }
  return 0;
}

bool works_in(std::string_view program, const std::string& folder) {
  std::set<pid_t> above{getpid()};
  for (pid_t pid = getppid(); pid > 1; pid = parent_of(pid)) above.insert(pid);
  boost::system::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || above.count(pid) != 0) continue;
    if (slurp(entry.path() / "comm") != std::string(program) + "\n") continue;
    boost::system::error_code gone;
    const fs::path there = fs::read_symlink(entry.path() / "cwd", gone);
    if (!gone && is_within(there, folder)) return true;
  }
  return false;
}

}  // namespace rollback
