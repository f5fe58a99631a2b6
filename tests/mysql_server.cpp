#include "mysql_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "mysql_template.h"
#include "os/file.h"
#include "os/process.h"
#include "os/sha256.h"
#include "scratch_parent.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

namespace fs = boost::filesystem;

[[noreturn]] void broken(const std::string& message) { throw std::runtime_error(message); }

fs::path parent_of_servers() {
  const fs::path root = mysql_program()->root;
  return root.empty() ? scratch_parent() : root / "tmp";
}

bool keeps_scratch() { return std::getenv("GIT_ROLLBACK_KEEP_SCRATCH") != nullptr; }

Descriptor locked(const fs::path& folder) {
  Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!open || flock(open.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return open;
}

// Those of tests that were killed.
void sweep(const fs::path& parent, const std::string& prefix) {
  boost::system::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.path().filename().string().starts_with(prefix) && locked(entry.path())) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

unsigned free_port() {
  const Descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    broken("no free port");
  }
  return ntohs(address.sin_port);
}

// Our end is its end, whatever ours is.
pid_t spawn(std::vector<std::string> argv, const std::string& log) {
  std::vector<char*> pointers;
  for (auto& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) broken(std::string("fork: ") + strerror(errno));
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (getppid() != parent || out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(127);
  const int in = open("/dev/null", O_RDONLY);
  if (in < 0 || dup2(in, 0) < 0 || close_range(3, ~0U, 0) != 0) _exit(127);
  signal(SIGPIPE, SIG_DFL);
  execv(pointers[0], pointers.data());
  _exit(127);
}

std::string quoted(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\') text += '\\';
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return "\"" + text + "\"";
}

std::string name(const std::string& identifier) {
  std::string text;
  for (const char c : identifier) text += std::string(c == '`' ? 2 : 1, c);
  return "`" + text + "`";
}

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::optional<std::string> MysqlServer::missing() {
  if (!mysql_program()) return "no MariaDB server is installed: apt-get install mariadb-server";
  if (!mysql_program()->root.empty() && geteuid() != 0) return "only root may run MySQL by chroot";
  return std::nullopt;
}

bool MysqlServer::is_mariadb() { return !mysql_program() || mysql_program()->is_mariadb; }

MysqlServer::MysqlServer(Options options) : options_(std::move(options)) {
  if (const auto why = missing()) broken(*why);
  make_folder();
  if (options_.tls) make_certificate();
  if (options_.tcp) port_ = free_port();
  start();
}

MysqlServer::~MysqlServer() {
  kill9();  // nobody reads its data again
  if (keeps_scratch()) return;
  boost::system::error_code ignored;
  fs::remove_all(folder_, ignored);
}

// A name that the sweep of others looks for, only once it is locked.
void MysqlServer::make_folder() {
  const std::string prefix = "git-rollback-mysql-";
  const fs::path parent = parent_of_servers();
  if (!keeps_scratch()) sweep(parent, prefix);
  const std::string id = std::to_string(getpid()) + "-" + random_hex(4);
  const fs::path fresh = parent / ("new-" + prefix + id);
  fs::create_directory(fresh);
  fs::permissions(fresh, fs::owner_all);
  in_use_ = locked(fresh);
  folder_ = parent / (prefix + id);
  fs::rename(fresh, folder_);
  copy_mysql_template(*mysql_program(), folder_ / "data");
}

void MysqlServer::make_certificate() const {
  const Finished made =
      run({.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", (folder_ / "key.pem").string(), "-out", ca()}});
  if (made.status != 0) broken("openssl: " + made.err);
}

std::vector<std::string> MysqlServer::command_line() const {
  const MysqlProgram& program = *mysql_program();
  std::vector<std::string> argv = program.command();
  argv.emplace_back("--no-defaults");
  for (auto& argument : mysql_arguments(program)) argv.push_back(std::move(argument));
  const auto add = [&](const std::string& option, const fs::path& path) {
    argv.push_back("--" + option + "=" + program.inside(path));
  };
  add("datadir", folder_ / "data");
  add("tmpdir", folder_);
  add("pid-file", folder_ / "pid");
  add("socket", socket());
  if (options_.tls) {
    add("ssl-cert", ca());
    add("ssl-ca", ca());
    add("ssl-key", folder_ / "key.pem");
  }
  if (port_ == 0) {
    argv.emplace_back("--skip-networking");
  } else {
    argv.insert(argv.end(), {"--bind-address=127.0.0.1", "--port=" + std::to_string(port_)});
  }
  argv.insert(argv.end(), options_.arguments.begin(), options_.arguments.end());
  return argv;
}

void MysqlServer::start() {
  if (pid_ != 0) return;
  pid_ = spawn(command_line(), (folder_ / "log").string());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!answers()) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      broken("the server did not start: " + log());
    }
    if (std::chrono::steady_clock::now() > deadline) broken("the server does not answer: " + log());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  sql("DO 1");  // who listens may not serve yet
}

bool MysqlServer::answers() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket().size() >= sizeof address.sun_path) broken("too long for a socket: " + socket());
  memcpy(address.sun_path, socket().data(), socket().size());
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

void MysqlServer::stop() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  for (int i = 0; i < 6000; ++i) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill9();
}

void MysqlServer::kill9() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

std::string MysqlServer::log() const {
  const std::string text = read_file_if_there(folder_ / "log").value_or("");
  return text.size() > 20000 ? text.substr(text.size() - 20000) : text;
}

void MysqlServer::use(const std::string& database) {
  sql("CREATE DATABASE IF NOT EXISTS " + name(database));
  database_ = database;
}

std::string MysqlServer::client(const std::string& statements, const std::string& option_file,
                                bool raw) const {
  std::vector<std::string> argv{"mariadb"};
  if (option_file.empty()) {
    argv.insert(argv.end(), {"--no-defaults", "--user=root"});
  } else {
    argv.push_back("--defaults-file=" + option_file);
  }
  argv.insert(argv.end(), {"--socket=" + socket(), "--default-character-set=utf8mb4", "--batch",
                           "--skip-column-names", "--binary-mode", "--comments"});
  if (raw) argv.emplace_back("--raw");
  if (!database_.empty()) argv.push_back("--database=" + database_);
  Finished finished = run({.argv = argv, .input = statements});
  if (finished.status != 0) broken(finished.err + "in: " + statements.substr(0, 2000));
  return std::move(finished.out);
}

std::string MysqlServer::sql(const std::string& statements, const std::string& option_file) const {
  return client(statements, option_file, false);
}

std::string MysqlServer::value(const std::string& query) const {
  return without_newline(client(query, "", true));
}

std::vector<std::string> MysqlServer::rows(const std::string& table) const {
  const std::string text = sql("SELECT * FROM " + name(table));
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n')) lines.emplace_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string MysqlServer::dump() const {
  const std::string names = client(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = database() "
      "ORDER BY table_name",
      "", true);
  std::string text;
  for (const auto table : split(names, '\n')) {
    text += sql("SHOW CREATE TABLE " + name(std::string(table)));
    for (const auto& row : rows(std::string(table))) text += row + "\n";
  }
  return text;
}

std::string MysqlServer::option_file(const std::string& user, const std::string& password) const {
  const fs::path file = folder_ / ("login-" + random_hex(4) + ".cnf");
  write_file(file, "[client]\nuser=" + quoted(user) + "\npassword=" + quoted(password) + "\n",
             FileMode{0600, geteuid(), getegid()});
  return file.string();
}

}  // namespace rollback::testing
