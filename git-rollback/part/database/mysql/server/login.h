// Whom to log in as: from an option file that only its owner can read, else by
// git's credential protocol. A password is never an argument and never in the
// environment.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "part/database/mysql/server/address.h"
#include "store/git.h"

namespace rollback::mysql {

struct Login {
  std::string user = {};
  std::optional<std::string> password = {};  // nothing: none is known
  std::string socket = {};                   // empty: by TCP
  Address::Tls tls = Address::Tls::off;
  std::string ca = {}, certificate = {}, key = {};
  std::string option_file = {};  // where its password is from, unless from git
};

// What the address says, and what it leaves open as the option file has it:
// user, password, socket, and for TCP ssl, ssl-ca, ssl-cert, ssl-key and
// ssl-verify-server-cert or ssl-mode, which can make TLS stricter alone. A host
// or database in the file is not looked at. The file is `option_file`, as git
// config rollback.mysqlOptionFile has it; if that is empty, ~/.my.cnf, where it
// is there. A relative one stands in the work tree, '~/' is the home. The user is
// else the operating system's, the socket the first that is there of the usual ones.
Login find_login(const Address& address, const std::string& option_file, const Git& git);

// False: the server does not let this one in. Throws what else goes wrong.
using TryLogin = std::function<bool(const Login&)>;

// Logs in; the login that the server took, for further connections. Where the
// server does not let it in and no option file has a password, git is asked for
// one (protocol=mysql, host=server_name(), path=the database, username=the user),
// which asks a person on a terminal alone; the outcome is approved or rejected.
// Refused where nothing is known that the server takes.
Login log_in(const Address& address, const Login& login, const Git& git, const TryLogin& attempt);

}  // namespace rollback::mysql
