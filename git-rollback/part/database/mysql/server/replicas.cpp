#include "part/database/mysql/server/replicas.h"

#include <algorithm>
#include <charconv>

#include "part/database/mysql/server/address.h"

namespace rollback::mysql {
namespace {

using Named = std::map<std::string, Value, std::less<>>;

constexpr unsigned seconds_to_connect = 3;

// The first of these columns that there is.
std::string field(const Named& row, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto found = row.find(name);
    if (found != row.end()) return found->second.value_or("");
  }
  return {};
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool has_new_words(const Flavour& flavour) { return !flavour.mariadb && flavour.version >= 80022; }

void add(Lag& lag, const Named& row) {
  lag.position += field(row, {"Relay_Source_Log_File", "Relay_Master_Log_File"}) + ":" +
                  field(row, {"Exec_Source_Log_Pos", "Exec_Master_Log_Pos"}) + ";";
  const auto seconds = number(field(row, {"Seconds_Behind_Source", "Seconds_Behind_Master"}));
  if (!seconds || !lag.seconds) return lag.seconds.reset();
  const std::int64_t meant = number(field(row, {"SQL_Delay"})).value_or(0);
  lag.seconds = std::max(*lag.seconds, *seconds - meant);
}

}  // namespace

std::vector<Follower> listed_replicas(Session& session, const Endpoint& login) try {
  std::vector<Follower> replicas;
  const auto rows =
      session.named_rows(has_new_words(session.flavour()) ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS");
  for (const Named& row : rows) {
    Address address;
    address.host = field(row, {"Host"});
    address.port = static_cast<unsigned>(number(field(row, {"Port"})).value_or(0));
    if (address.host.empty() || address.port == 0) continue;
    Endpoint endpoint = login;
    endpoint.socket.clear();
    endpoint.host = address.host;
    endpoint.port = address.port;
    endpoint.connect_timeout_s = seconds_to_connect;
    replicas.push_back({server_name(address), [endpoint] { return endpoint; }});
  }
  return replicas;
} catch (const ServerError& error) {
  if (error.is_denied()) return {};
  throw;
}

std::optional<Lag> lag_of(Session& replica) {
  const Flavour& flavour = replica.flavour();
  const auto rows = replica.named_rows(flavour.mariadb          ? "SHOW ALL SLAVES STATUS"
                                       : has_new_words(flavour) ? "SHOW REPLICA STATUS"
                                                                : "SHOW SLAVE STATUS");
  if (rows.empty()) return std::nullopt;
  Lag lag{0, ""};
  for (const Named& row : rows) add(lag, row);
  return lag;
}

}  // namespace rollback::mysql
