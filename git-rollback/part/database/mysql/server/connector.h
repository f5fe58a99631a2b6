// What the module that loads MySQL Connector/C++ does: one connection, one
// statement at a time. This is all that is shared with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rollback::mysql {

// Whom to log in as, and where. Empty texts are not set.
struct Endpoint {
  std::string host;
  unsigned port = 0;
  std::string socket;  // over the host, if it is set
  std::string user;
  std::string password;
  std::string database;
  enum class Tls { off, on, verified };  // verified: the certificate fits the host
  Tls tls = Tls::off;
  std::string ca;
  std::string certificate;
  std::string key;
  unsigned connect_timeout_s = 10;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

using Value = std::optional<std::string>;  // nothing: NULL
using Row = std::vector<Value>;

// Of the server, or of the client (2000 and above).
struct Failure {
  int code = 0;
  std::string state;  // SQLSTATE
  std::string message;
};

// Nothing here throws out of the module: it has a C++ runtime of its own,
// perhaps. A function that returns false has filled in the failure.
class Connection {
 public:
  virtual ~Connection() = default;

  // A statement; `changed` gets the number of rows that it changed. Rows that
  // it returns are passed over.
  virtual bool run(const std::string& sql, std::int64_t& changed, Failure& failure) = 0;

  // A query, whose rows next() brings: in `stream`, one by one from the server,
  // and no other statement can run before the last of them; else all at once.
  virtual bool query(const std::string& sql, bool stream, Failure& failure) = 0;
  // What the columns of these rows are called; before the last row was asked for.
  virtual bool columns(std::vector<std::string>& names, Failure& failure) = 0;
  // `more` is false after the last row.
  virtual bool next(Row& row, bool& more, Failure& failure) = 0;
};

// The module's one symbol. `failure` gets the reason when the answer is null.
using OpenConnection = Connection* (*)(const Endpoint& endpoint, Failure& failure);
inline constexpr const char* open_connection_symbol = "git_rollback_open_connection";

}  // namespace rollback::mysql
