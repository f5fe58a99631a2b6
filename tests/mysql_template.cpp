#include "mysql_template.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "os/lock.h"
#include "os/process.h"
#include "os/sha256.h"

namespace rollback::testing {
namespace {

namespace fs = boost::filesystem;

void must(const Command& command) {
  const Finished finished = run(command);
  if (finished.status == 0) return;
  throw std::runtime_error(command.argv[0] + ": " + finished.err + finished.out);
}

std::vector<std::string> join(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::optional<MysqlProgram> find_program() {
  if (const char* root = std::getenv("GIT_ROLLBACK_TEST_MYSQL_ROOT")) {
    if (*root != '\0') return MysqlProgram{fs::canonical(root), "/usr/sbin/mysqld", false};
  }
  const auto server = program_named("mariadbd");
  if (!server || !program_named("mariadb-install-db")) return std::nullopt;
  return MysqlProgram{"", *server, true};
}

// Another program, or other arguments, need another one.
fs::path template_of(const MysqlProgram& program) {
  const fs::path file = program.root / program.server;
  std::string identity = file.string() + std::to_string(fs::file_size(file)) +
                         std::to_string(fs::last_write_time(file));
  for (const auto& argument : mysql_arguments(program)) identity += argument;
  const fs::path cache =
      program.root.empty() ? fs::path(GIT_ROLLBACK_BUILD) / "mysql" : program.root / "var/tmp";
  fs::create_directories(cache);
  return cache / ("template-" + sha256(identity).substr(0, 12));
}

void make_template(const MysqlProgram& program, const fs::path& data) {
  std::vector<std::string> argv;
  if (program.is_mariadb) {
    argv = {program_named("mariadb-install-db").value(), "--no-defaults",
            "--auth-root-authentication-method=normal", "--skip-test-db"};
  } else {
    argv = join(program.command(), {"--no-defaults", "--initialize-insecure"});
  }
  argv = join(argv, mysql_arguments(program));
  argv.push_back("--datadir=" + program.inside(data));
  must({.argv = argv});
}

}  // namespace

std::vector<std::string> MysqlProgram::command() const {
  if (root.empty()) return {server.string()};
  return {program_named("chroot").value(), root.string(), server.string()};
}

std::string MysqlProgram::inside(const fs::path& path) const {
  return path.string().substr(root.size());
}

const std::optional<MysqlProgram>& mysql_program() {
  static const std::optional<MysqlProgram> program = find_program();
  return program;
}

std::optional<std::string> program_named(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string folders = (path != nullptr ? std::string(path) : "") + ":/usr/sbin:/sbin:";
  for (size_t end; (end = folders.find(':')) != std::string::npos; folders.erase(0, end + 1)) {
    const std::string file = folders.substr(0, end) + "/" + name;
    if (end != 0 && access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

std::vector<std::string> mysql_arguments(const MysqlProgram& program) {
  std::vector<std::string> arguments{"--innodb-data-file-path=ibdata1:12M:autoextend",
                                     "--innodb-autoextend-increment=1",
                                     "--innodb-buffer-pool-size=32M", "--key-buffer-size=1M"};
  if (program.is_mariadb) {
    arguments = join(arguments, {"--innodb-log-file-size=8M"});
  } else {
    arguments = join(arguments, {"--innodb-redo-log-capacity=8M", "--mysqlx=OFF",
                                 "--auto-generate-certs=OFF", "--skip-log-bin"});
  }
  if (geteuid() == 0) arguments.emplace_back("--user=root");
  return arguments;
}

void copy_mysql_template(const MysqlProgram& program, const fs::path& data) {
  const fs::path made = template_of(program);
  const FileLock lock(made.string() + ".lock", "making " + made.string(), std::chrono::minutes(2));
  if (!fs::exists(made)) {
    const fs::path making = made.string() + ".new";
    fs::remove_all(making);
    make_template(program, making);
    fs::rename(making, made);
  }
  must({.argv = {"cp", "-a", "--reflink=auto", "--sparse=always", made.string(), data.string()}});
}

}  // namespace rollback::testing
