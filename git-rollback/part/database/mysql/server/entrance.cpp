#include "part/database/mysql/server/entrance.h"

#include <memory>
#include <optional>

#include "os/error.h"
#include "part/database/mysql/server/address.h"
#include "part/database/mysql/server/login.h"

namespace rollback::mysql {
namespace {

constexpr int access_denied = 1045;
constexpr int no_right_to_database = 1044;  // by a login that is right
constexpr int unknown_database = 1049;

Endpoint::Tls tls_of(Address::Tls tls) {
  switch (tls) {
    case Address::Tls::on:
      return Endpoint::Tls::on;
    case Address::Tls::verified:
      return Endpoint::Tls::verified;
    case Address::Tls::off:
      break;
  }
  return Endpoint::Tls::off;
}

Endpoint endpoint_of(const Address& address, const Login& login) {
  Endpoint endpoint;
  endpoint.host = address.host;
  endpoint.port = address.port;
  endpoint.socket = login.socket;
  endpoint.user = login.user;
  endpoint.password = login.password.value_or("");
  endpoint.database = address.database;
  endpoint.tls = tls_of(login.tls);
  endpoint.ca = login.ca;
  endpoint.certificate = login.certificate;
  endpoint.key = login.key;
  return endpoint;
}

// Finds a login that the server takes, once.
class Entrance {
 public:
  Entrance(const Address& address, std::string option_file, const Git& git)
      : address_(address), option_file_(std::move(option_file)), git_(git) {}

  const Endpoint& endpoint() {
    if (!endpoint_) {
      const Login login = find_login(address_, option_file_, git_);
      const Login taken =
          log_in(address_, login, git_, [&](const Login& one) { return lets_in(one); });
      endpoint_ = endpoint_of(address_, taken);
    }
    return *endpoint_;
  }

 private:
  bool lets_in(const Login& login) const {
    try {
      Session(endpoint_of(address_, login));
    } catch (const ServerError& error) {
      if (error.code() == access_denied) return false;
      if (error.code() != unknown_database && error.code() != no_right_to_database) throw;
    }
    return true;
  }

  Address address_;
  std::string option_file_;
  Git git_;
  std::optional<Endpoint> endpoint_;
};

std::function<Endpoint()> way_in(const Address& address, const DatabaseSettings& settings,
                                 const Git& git) {
  const auto entrance = std::make_shared<Entrance>(address, settings.option_file, git);
  return [entrance] { return entrance->endpoint(); };
}

}  // namespace

Place make_place(const std::string& component, const DatabaseSettings& settings, const Git& git) {
  const Address address = parse_address(settings.url);
  Place place{address.database, component, settings, way_in(address, settings, git)};
  for (const auto& url : settings.replicas) {
    const Address replica = parse_address(url);
    place.replicas.push_back({replica.socket.empty() ? server_name(replica) : replica.socket,
                              way_in(replica, settings, git)});
  }
  constexpr size_t longest = 255;  // in the registry
  const std::string here = place.here + ":" + git.git_dir().string();
  if (!git.git_dir().empty() && here.size() <= longest) place.here = here;
  return place;
}

bool exists(const Place& place) {
  try {
    open(place);
  } catch (const ServerError& error) {
    if (error.code() == unknown_database) return false;
    throw;
  }
  return true;
}

}  // namespace rollback::mysql
