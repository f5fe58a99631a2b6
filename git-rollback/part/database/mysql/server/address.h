// Where a component's database is: mysql://[user@]host[:port]/database, or
// mysql:///database?socket=PATH. `mariadb:` is the same.
#pragma once

#include <string>

namespace rollback::mysql {

struct Address {
  enum class Tls { off, on, verified };  // verified: the certificate fits the host

  std::string host = {};  // empty: a socket
  unsigned port = 0;
  std::string socket = {};  // empty without a host: where the server usually has it
  std::string database = {};
  std::string user = {};  // empty: not said
  Tls tls = Tls::off;
  std::string ca = {};                     // what must have signed the server's certificate
  std::string certificate = {}, key = {};  // to show to the server

  bool on_socket() const { return host.empty(); }
  friend bool operator==(const Address&, const Address&) = default;
};

// `localhost` is the socket, as it is to the clients; with a port it is TCP.
// Each piece may be percent-encoded, and a '/', '?', '@', '%' in one must be.
// Usage with what is allowed. A password is refused, and not repeated.
Address parse_address(const std::string& url);

// As messages and git's credentials call it: "localhost", "db1", "db1:3307".
std::string server_name(const Address& address);

}  // namespace rollback::mysql
