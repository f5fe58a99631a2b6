#include "part/database/mysql/server/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include "os/error.h"
#include "store/git.h"
#include "store/trailers.h"

namespace rollback::mysql {
namespace {

using namespace std::string_view_literals;

constexpr unsigned default_port = 3306;
constexpr size_t longest_socket = 107;  // as sockaddr_un has it
constexpr size_t longest_name = 64;

[[noreturn]] void refuse(const std::string& what) {
  throw Usage("database url: " + what,
              {"write it as mysql://[user@]host[:port]/database or mysql:///database?socket=PATH"});
}

[[noreturn]] void refuse_password() {
  throw Usage(
      "a password stands in a database url; secrets never stand in .rollback.yml",
      {"put it into a file of mode 0600, below [client], as password=…",
       "git config rollback.mysqlOptionFile FILE", "an '@' that belongs to a name is written %40"});
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// How many characters.
size_t length(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string decoded(std::string_view text, const std::string& what) {
  if (text == "-") return "-";  // that one is another's way to write nothing
  auto plain = percent_decode(text);
  if (!plain) refuse("'%' without two hex digits in the " + what);
  if (std::any_of(plain->begin(), plain->end(), is_control)) {
    refuse("a control character in the " + what);
  }
  return *std::move(plain);
}

// The piece before the separator, which it takes off with it; all, if it is not there.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

// Also one that holds what ends the piece in which it stands.
bool holds_password(std::string_view rest) {
  const size_t at = rest.rfind('@');
  return at != std::string_view::npos && rest.substr(0, at).find(':') != std::string_view::npos;
}

unsigned port_of(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    refuse("a port that is no number from 1 to 65535");  // perhaps a secret: not repeated
  }
  return port;
}

// "[::1]:3306", "db1.example:3306", "db1"
void read_host(std::string_view text, Address& address) {
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    const std::string_view after = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (end == std::string_view::npos || (!after.empty() && after[0] != ':')) {
      refuse("'[' without ']' around the host");
    }
    address.host = text.substr(1, end - 1);
    has_port = !after.empty();
    port = has_port ? after.substr(1) : after;
  } else {
    has_port = text.find(':') != std::string_view::npos;
    address.host = decoded(take_until(text, ':'), "host");
    port = text;
  }
  for (const char c : address.host) {
    if (isalnum(static_cast<unsigned char>(c)) == 0 && ".-_:"sv.find(c) == std::string_view::npos) {
      refuse("'" + address.host + "' is no name of a host");
    }
  }
  if (has_port) address.port = port_of(port);
  if (address.host.empty() && has_port) refuse("a port without a host");
  if (address.host == "localhost" && !has_port) address.host.clear();
  if (!address.host.empty() && !has_port) address.port = default_port;
}

std::string path_of(const std::string& key, std::string value) {
  if (!value.starts_with('/')) refuse(key + " '" + value + "' is not an absolute path");
  if (key == "socket" && value.size() > longest_socket) {
    refuse("a socket's path of more than " + std::to_string(longest_socket) + " bytes");
  }
  return value;
}

Address::Tls tls_of(const std::string& value) {
  if (value == "on") return Address::Tls::on;
  if (value == "verified") return Address::Tls::verified;
  refuse("tls '" + value + "'; allowed: on, verified");
}

void read_query(std::string_view query, Address& address) {
  struct Place {
    std::string_view key;
    std::string* value;
  };
  const std::array<Place, 4> paths{{{"socket", &address.socket},
                                    {"ca", &address.ca},
                                    {"cert", &address.certificate},
                                    {"key", &address.key}}};
  std::set<std::string> seen;
  for (std::string_view pair : split(query, '&')) {
    const std::string key = decoded(take_until(pair, '='), "query");
    if (key.find("pass") != std::string::npos || key == "pwd") refuse_password();
    const auto* const place =
        std::find_if(paths.begin(), paths.end(), [&](const Place& p) { return p.key == key; });
    if (key != "tls" && place == paths.end()) {
      refuse("unknown key '" + key + "'; allowed: socket, tls, ca, cert, key");
    }
    if (!seen.insert(key).second) refuse("'" + key + "' twice");
    const std::string value = decoded(pair, key);
    if (key == "tls") {
      address.tls = tls_of(value);
    } else {
      *place->value = path_of(key, value);
    }
  }
}

void check(const Address& address) {
  if (address.database.empty()) refuse("no database");
  if (length(address.database) > longest_name) {
    refuse("a database's name of more than " + std::to_string(longest_name) + " characters");
  }
  if (!address.on_socket() && !address.socket.empty()) {
    refuse("a socket beside the host '" + address.host + "'");
  }
  if (address.on_socket() && address.tls == Address::Tls::verified) {
    refuse("'tls=verified' for a socket, which has no host to verify");
  }
  if (!address.ca.empty() && address.tls != Address::Tls::verified) {
    refuse("'ca' without 'tls=verified'");
  }
  if (address.certificate.empty() != address.key.empty()) refuse("only one of 'cert' and 'key'");
  if (!address.key.empty() && address.tls == Address::Tls::off) refuse("'key' without 'tls'");
}

}  // namespace

Address parse_address(const std::string& url) {
  std::string_view rest = url;
  for (const auto scheme : {"mysql:"sv, "mariadb:"sv}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  if (rest.size() == url.size()) refuse("it begins with neither mysql: nor mariadb:");
  if (holds_password(rest)) refuse_password();
  if (std::any_of(rest.begin(), rest.end(), is_control)) refuse("a control character");
  if (!rest.starts_with("//")) refuse("no '//' after the first word");
  if (rest.find('#') != std::string_view::npos) refuse("a '#' that is not written %23");
  rest.remove_prefix(2);

  Address address;
  std::string_view place = take_until(rest, '?');
  std::string_view authority = take_until(place, '/');
  if (authority.find('@') != std::string_view::npos) {
    address.user = decoded(take_until(authority, '@'), "user");
    if (address.user.empty()) refuse("an '@' without a user");
  }
  read_host(authority, address);
  if (place.find('/') != std::string_view::npos) refuse("a '/' that is not written %2F");
  address.database = decoded(place, "database");
  read_query(rest, address);
  check(address);
  return address;
}

std::string server_name(const Address& address) {
  if (address.on_socket()) return "localhost";
  const bool is_v6 = address.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + address.host + "]" : address.host;
  return address.port == default_port ? host : host + ":" + std::to_string(address.port);
}

}  // namespace rollback::mysql
