#include "session/trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <functional>
#include <set>

#include "os/error.h"
#include "os/file.h"
#include "os/sha256.h"
#include "store/git.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* system_directory = "/etc/git-rollback/trust";

fs::path user_directory() {
  if (const char* data = getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
    return fs::path(data) / "git-rollback" / "trust";
  }
  const char* home = getenv("HOME");
  if (home == nullptr || *home == '\0') throw Fatal("neither XDG_DATA_HOME nor HOME is set");
  return fs::path(home) / ".local" / "share" / "git-rollback" / "trust";
}

fs::path file_for(const fs::path& directory, const Session& session) {
  return directory / sha256(fs::canonical(session.repository.common_dir).string());
}

bool inside(const fs::path& path, const fs::path& folder) {
  const std::string relative = path.lexically_relative(folder).string();
  return !relative.empty() && !relative.starts_with("..");
}

// What a component's parts look after changes with every deploy: it is data to
// a command, even where the command is started through it.
bool is_store(const Session& session, const fs::path& path) {
  const auto at = [&](const fs::path& named) {
    return fs::absolute(named, session.base()).lexically_normal();
  };
  const auto within = [&](const fs::path& named) {
    return path == at(named) || inside(path, at(named));
  };
  for (const auto& component : session.configured().components) {
    if (component.binaries &&
        (within(component.binaries->releases) || within(component.binaries->current))) {
      return true;
    }
    for (const auto& file : component.config) {
      if (path == at(file)) return true;
    }
    for (const auto& database : component.databases) {
      if (path == at(database.url.substr(database.url.find(':') + 1))) return true;
    }
  }
  return false;
}

// The file inside the repository that an argument names by a path, if it does.
// A bare word is looked up in PATH, or is no file at all.
std::optional<fs::path> script_of(const Session& session, const std::string& argument) {
  if (argument.find('/') == std::string::npos) return std::nullopt;
  const fs::path named = fs::absolute(argument, session.base()).lexically_normal();
  if (is_store(session, named)) return std::nullopt;
  boost::system::error_code error;
  const fs::path root = fs::canonical(session.base(), error);
  const fs::path path = fs::canonical(named, error);
  if (error || !inside(path, root) || !fs::is_regular_file(path)) return std::nullopt;
  return path;
}

bool says(const fs::path& file, uid_t owner, const std::string& digest) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return false;
  if (status.st_uid != owner || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return false;
  const std::string text = read_file(file);
  for (const auto line : split(text, '\n')) {
    if (line.substr(0, line.find(' ')) == digest) return true;
  }
  return false;
}

fs::path copy_of(const Session& session, const std::string& operation,
                 const std::string& argument) {
  return names::scripts_directory(session.repository.common_dir, operation) /
         (sha256(argument).substr(0, 12) + "-" + fs::path(argument).filename().string());
}

// Every command of a configuration, to be read or replaced.
void for_each_command(Configuration& configuration,
                      const std::function<void(CommandLine&)>& visit) {
  for (auto& component : configuration.components) {
    auto& service = component.service;
    for (auto* command : {&service.drain, &service.stop, &service.start, &service.restart}) {
      visit(*command);
    }
  }
  visit(configuration.smoke_test);
}

}  // namespace

TrustSubject trust_subject(const Session& session) {
  const Configuration& configuration = session.configured();
  TrustSubject subject{.commands = configuration.commands(), .files = {}, .digest = {}};
  std::set<std::string> seen;
  Sha256 digest;
  digest.update("git-rollback trust 1\n" + sha256(configuration.text) + "\n");
  for (const auto& [key, command] : subject.commands) {
    for (const auto& argument : command) {
      const auto script = script_of(session, argument);
      if (!script || !seen.insert(argument).second) continue;
      subject.files.push_back({argument, sha256_of_file(*script)});
      digest.update(subject.files.back().sha256 + " " + argument + "\n");
    }
  }
  subject.digest = digest.hex();
  return subject;
}

bool is_trusted(const Session& session) {
  const TrustSubject subject = trust_subject(session);
  if (subject.commands.empty()) return true;
  return says(file_for(user_directory(), session), geteuid(), subject.digest) ||
         says(file_for(system_directory, session), 0, subject.digest);
}

void require_trust(const Session& session) {
  if (is_trusted(session)) return;
  throw Refused("the commands in " + std::string(names::configuration_file) +
                    " are not trusted as they stand now",
                {"see what they are and trust them: git rollback trust"});
}

fs::path trust(const Session& session, TrustFor whom) {
  const fs::path directory =
      whom == TrustFor::everybody ? fs::path(system_directory) : user_directory();
  boost::system::error_code error;
  fs::create_directories(directory, error);
  if (error) throw Fatal("cannot create '" + directory.string() + "': " + error.message());
  const fs::path file = file_for(directory, session);
  const std::string line = trust_subject(session).digest + " " + to_rfc3339_seconds(now()) + " " +
                           session.repository.common_dir.string() + "\n";
  const std::string before = read_file_if_there(file).value_or("");
  const mode_t mode = whom == TrustFor::everybody ? 0644 : 0600;
  replace_file(file, before + line, FileMode{.mode = mode, .uid = geteuid(), .gid = getegid()});
  return file;
}

void copy_scripts(const Session& session, const Configuration& configuration,
                  const std::string& operation) {
  Configuration commands = configuration;
  for_each_command(commands, [&](CommandLine& command) {
    for (const auto& argument : command) {
      const auto script = script_of(session, argument);
      struct stat status {};
      if (!script || stat(script->c_str(), &status) != 0) continue;
      const fs::path copy = copy_of(session, operation, argument);
      fs::create_directories(copy.parent_path());
      replace_file(copy, read_file(*script),
                   FileMode{.mode = status.st_mode & 0777U, .uid = geteuid(), .gid = getegid()});
    }
  });
}

std::map<std::string, std::string> copied_scripts(const Session& session,
                                                  const Configuration& configuration,
                                                  const std::string& operation) {
  std::map<std::string, std::string> copies;
  Configuration commands = configuration;
  for_each_command(commands, [&](CommandLine& command) {
    for (const auto& argument : command) {
      const fs::path copy = copy_of(session, operation, argument);
      if (fs::exists(copy)) copies[copy.string()] = argument;
    }
  });
  return copies;
}

Configuration with_copied_scripts(const Session& session, const Configuration& configuration,
                                  const std::string& operation) {
  std::map<std::string, std::string> copies;
  for (const auto& [copy, argument] : copied_scripts(session, configuration, operation)) {
    copies[argument] = copy;
  }
  Configuration copied = configuration;
  for_each_command(copied, [&](CommandLine& command) {
    for (auto& argument : command) {
      if (const auto found = copies.find(argument); found != copies.end()) argument = found->second;
    }
  });
  return copied;
}

}  // namespace rollback
