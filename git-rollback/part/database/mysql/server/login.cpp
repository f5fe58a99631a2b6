#include "part/database/mysql/server/login.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "os/error.h"
#include "part/database/mysql/server/option_file.h"

namespace rollback::mysql {
namespace {

namespace fs = boost::filesystem;

constexpr std::string_view usual_sockets[] = {"/run/mysqld/mysqld.sock",
                                              "/var/run/mysqld/mysqld.sock", "/tmp/mysql.sock"};

std::string user_of_system() {
  if (geteuid() == 0) return "root";
  const passwd* user = getpwuid(geteuid());
  if (user == nullptr) {
    throw Refused("who logs in to the database is not known: this user has no name",
                  {"write the user into the url, as in mysql://USER@host/database"});
  }
  return user->pw_name;
}

std::string home() {
  const char* folder = std::getenv("HOME");
  return folder == nullptr ? "" : folder;
}

std::string usual_socket() {
  for (const std::string_view socket : usual_sockets) {
    boost::system::error_code ignored;
    if (fs::exists(fs::path(std::string(socket)), ignored)) return std::string(socket);
  }
  return std::string(usual_sockets[0]);
}

// Empty: there is none to be looked for.
fs::path place_of(const std::string& option_file, const Git& git) {
  if (option_file.empty()) return home().empty() ? fs::path() : fs::path(home()) / ".my.cnf";
  fs::path file = option_file;
  if (option_file.starts_with("~/")) file = fs::path(home()) / option_file.substr(2);
  return fs::absolute(file, git.work_tree().empty() ? git.git_dir() : git.work_tree());
}

Options options_from(const fs::path& file, bool is_named) {
  if (file.empty()) return {};
  auto options = read_options(file);
  if (!options && !is_named) return {};
  if (options) return *std::move(options);
  throw Fatal("'" + file.string() + "' is not there, which rollback.mysqlOptionFile names",
              {"git config --show-origin rollback.mysqlOptionFile"});
}

std::string text(const Options& options, std::string_view name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second.value_or("");
}

bool is_on(const Options& options, std::string_view name) {
  const auto found = options.find(name);
  if (found == options.end()) return false;
  const std::string value = found->second.value_or("1");
  return value == "1" || strcasecmp(value.c_str(), "on") == 0 ||
         strcasecmp(value.c_str(), "true") == 0;
}

Address::Tls tls_in(const Options& options) {
  std::string mode = text(options, "ssl-mode");
  std::transform(mode.begin(), mode.end(), mode.begin(), toupper);
  if (mode.starts_with("VERIFY") || is_on(options, "ssl-verify-server-cert")) {
    return Address::Tls::verified;
  }
  return mode == "REQUIRED" || is_on(options, "ssl") ? Address::Tls::on : Address::Tls::off;
}

const std::string& first_of(const std::string& a, const std::string& b) {
  return a.empty() ? b : a;
}

bool has_line_end(const std::string& value) {
  return value.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos;
}

std::string description(const Address& address, const Login& login) {
  return "protocol=mysql\nhost=" + server_name(address) + "\npath=" + address.database +
         "\nusername=" + login.user + "\n";
}

bool on_terminal() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

// What git answers: the description, with the password. Empty: it has none.
std::string credential(const std::string& asked, const Git& git) {
  GitExtra extra{.input = asked + "\n"};
  if (on_terminal()) extra.set["GIT_TERMINAL_PROMPT"] = "1";
  Finished filled = git.ask({"credential", "fill"}, extra);
  return filled.status == 0 ? std::move(filled.out) : "";
}

// Of lines of name=value, the last that has this name.
std::optional<std::string> attribute(const std::string& lines, std::string_view name) {
  std::optional<std::string> value;
  for (const std::string_view line : split(lines, '\n')) {
    const size_t equals = line.find('=');
    if (line.substr(0, equals) == name && equals != std::string_view::npos) {
      value = line.substr(equals + 1);
    }
  }
  return value;
}

[[noreturn]] void refuse(const Address& address, const Login& login, const std::string& with) {
  throw Refused("'" + server_name(address) + "' does not let '" + login.user + "' in " + with,
                {"put user and password below [client] into a file of mode 0600",
                 "git config rollback.mysqlOptionFile FILE"});
}

}  // namespace

Login find_login(const Address& address, const std::string& option_file, const Git& git) {
  const fs::path file = place_of(option_file, git);
  const Options options = options_from(file, !option_file.empty());
  Login login;
  login.option_file = file.string();
  login.user = first_of(address.user, text(options, "user"));
  if (login.user.empty()) login.user = user_of_system();
  if (has_line_end(login.user)) throw Fatal("a database user's name holds a line end");
  const auto password = options.find("password");
  if (password != options.end()) login.password = password->second;
  login.tls = address.tls;
  login.ca = address.ca;
  login.certificate = address.certificate;
  login.key = address.key;
  if (address.on_socket()) {
    login.socket = first_of(address.socket, text(options, "socket"));
    if (login.socket.empty()) login.socket = usual_socket();
    return login;
  }
  login.tls = std::max(address.tls, tls_in(options));
  login.ca = first_of(address.ca, text(options, "ssl-ca"));
  login.certificate = first_of(address.certificate, text(options, "ssl-cert"));
  login.key = first_of(address.key, text(options, "ssl-key"));
  return login;
}

Login log_in(const Address& address, const Login& login, const Git& git, const TryLogin& attempt) {
  if (attempt(login)) return login;
  if (login.password) {
    refuse(address, login, "with the password of the option file '" + login.option_file + "'");
  }
  const std::string answer = credential(description(address, login), git);
  Login known = login;
  known.password = attribute(answer, "password");
  known.user = attribute(answer, "username").value_or(login.user);
  if (!known.password) refuse(address, login, "without a password, and git knows none");
  const bool taken = attempt(known);
  git.ask({"credential", taken ? "approve" : "reject"}, {.input = answer + "\n"});
  if (!taken) refuse(address, known, "with the password that git knows");
  return known;
}

}  // namespace rollback::mysql
