#include "part/database/mysql/server/session.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <boost/filesystem/operations.hpp>
#include <charconv>

#include "os/error.h"

namespace rollback::mysql {
namespace {

namespace fs = boost::filesystem;

OpenConnection load_module() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path file =
      (program.parent_path() / GIT_ROLLBACK_MODULE_DIR / "mysql.so").lexically_normal();
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays until the process ends
  if (module == nullptr) {
    const char* reason = dlerror();
    throw Fatal(std::string("cannot load what talks to MySQL and MariaDB: ") +
                (reason == nullptr ? "unknown error" : reason));
  }
  return reinterpret_cast<OpenConnection>(dlsym(module, open_connection_symbol));
}

std::shared_ptr<Connection> open(const Endpoint& endpoint) {
  static const OpenConnection open_connection = load_module();
  Failure failure;
  std::shared_ptr<Connection> connection(open_connection(endpoint, failure));
  if (connection == nullptr) throw ServerError(failure);
  return connection;
}

std::int64_t to_number(const Value& value) {
  std::int64_t number = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), number);
  return number;
}

// "10.11.19-MariaDB-0+deb12u1", "9.7.4", "8.0.36-28.1"
Flavour flavour_of(const std::string& version) {
  std::array<int, 3> parts{};
  const char* at = version.c_str();
  const char* const end = at + version.size();
  for (int& part : parts) {
    at = std::from_chars(at, end, part).ptr;
    if (at != end && *at == '.') ++at;
  }
  const bool mariadb = version.find("MariaDB") != std::string::npos;
  return {mariadb, parts[0] * 10000 + parts[1] * 100 + parts[2],
          (mariadb ? "MariaDB " : "MySQL ") + version.substr(0, version.find('-'))};
}

// Beside what a server has by default, whatever its configuration says.
std::vector<std::string> settings_of(const Flavour& flavour) {
  std::vector<std::string> settings{
      "sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,"
      "NO_ENGINE_SUBSTITUTION'",
      "time_zone = '+00:00'",
      "foreign_key_checks = 0",
      "unique_checks = 1",
      "sql_quote_show_create = 1",
      "sql_safe_updates = 0",
      "sql_select_limit = DEFAULT",
      "sql_auto_is_null = 0",
      "autocommit = 1",
      "wait_timeout = 86400",
      "lock_wait_timeout = 10",  // no statement waits for ever
      "innodb_lock_wait_timeout = 10",
      "net_write_timeout = 3600",  // while the other end of a copy is slow
      "net_read_timeout = 3600",
      "group_concat_max_len = 1000000"};
  if (flavour.mariadb) {
    settings.emplace_back("max_statement_time = 0");
    settings.emplace_back("max_error_count = 64");
    if (flavour.version >= 101100) settings.emplace_back("system_versioning_insert_history = 1");
  } else {
    settings.emplace_back("max_execution_time = 0");
    settings.emplace_back("information_schema_stats_expiry = 0");
  }
  return settings;
}

}  // namespace

bool ServerError::is_denied() const {
  constexpr std::array codes{1044, 1045, 1142, 1143, 1227, 1370, 1410, 1419};
  return std::find(codes.begin(), codes.end(), code_) != codes.end();
}

bool ServerError::is_change_of_table() const {
  constexpr std::array codes{1412, 1146, 1054, 1932};
  return std::find(codes.begin(), codes.end(), code_) != codes.end();
}

bool ServerError::is_about_a_row() const {
  // Classes 22 (data exception) and 23 (integrity), and those that stand in HY000.
  constexpr std::array others{1264, 1265, 1292, 1364, 1366, 1366, 1411, 1525, 1526, 3819, 4025};
  return state_.starts_with("22") || state_.starts_with("23") ||
         std::find(others.begin(), others.end(), code_) != others.end();
}

Session::Session(const Endpoint& endpoint)
    : connection_(open(endpoint)), schema_(endpoint.database) {
  flavour_ = flavour_of(text("SELECT version()"));
  std::string all = "SET NAMES utf8mb4";
  for (const std::string& setting : settings_of(flavour_)) all += ", SESSION " + setting;
  run(all);
  run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  // Else no error is counted, see require_whole(). To set it takes a privilege there.
  if (!flavour_.mariadb && number("SELECT @@max_error_count") == 0) {
    run("SET SESSION max_error_count = 64");
  }
  id_ = number("SELECT connection_id()");
  if (endpoint.tls == Endpoint::Tls::off) return;
  // The connector does not insist where the server has no TLS.
  const auto cipher = rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  if (!cipher.empty() && cipher[0].size() == 2 && cipher[0][1] && !cipher[0][1]->empty()) return;
  throw Fatal("database '" + schema_ + "': the connection is not encrypted, and tls is asked for",
              {"set up TLS on the server, or take tls= out of the url"});
}

std::int64_t Session::run(const std::string& sql) {
  std::int64_t changed = 0;
  Failure failure;
  if (!connection_->run(sql, changed, failure)) throw ServerError(failure);
  return changed;
}

void Session::use(const std::string& schema) {
  if (schema == schema_) return;
  run("USE " + identifier(schema));
  schema_ = schema;
}

void Session::query(const std::string& sql, bool stream) {
  Failure failure;
  if (!connection_->query(sql, stream, failure)) throw ServerError(failure);
}

std::vector<Row> Session::rows(const std::string& sql) {
  query(sql, false);
  return remaining_rows();
}

std::vector<std::map<std::string, Value, std::less<>>> Session::named_rows(const std::string& sql) {
  query(sql, false);
  std::vector<std::string> names;
  Failure failure;
  if (!connection_->columns(names, failure)) throw ServerError(failure);
  std::vector<std::map<std::string, Value, std::less<>>> all;
  for (Row& row : remaining_rows()) {
    auto& named = all.emplace_back();
    for (size_t i = 0; i < names.size() && i < row.size(); ++i) named[names[i]] = std::move(row[i]);
  }
  return all;
}

std::vector<Row> Session::remaining_rows() {
  std::vector<Row> all;
  bool more = true;
  Failure failure;
  while (true) {
    Row row;
    if (!connection_->next(row, more, failure)) throw ServerError(failure);
    if (!more) return all;
    all.push_back(std::move(row));
  }
}

void Session::stream(const std::string& sql, const std::function<void(const Row&)>& take) {
  query(sql, true);
  Row row;
  bool more = true;
  Failure failure;
  while (true) {
    if (!connection_->next(row, more, failure)) throw ServerError(failure);
    if (!more) return require_whole();
    take(row);
  }
}

// The connector takes an error in the middle of the rows for their end.
void Session::require_whole() {
  if (number("SELECT @@error_count") == 0) return;  // also of those that are not kept
  throw ServerError({0, "HY000", "the rows that were read ended with an error"});
}

Value Session::value(const std::string& query) {
  const auto all = rows(query);
  return all.empty() || all[0].empty() ? std::nullopt : all[0][0];
}

std::int64_t Session::number(const std::string& query) { return to_number(value(query)); }

std::string Session::text(const std::string& query) { return value(query).value_or(""); }

void Session::set_lock_wait(std::chrono::seconds limit) {
  const auto least = flavour_.mariadb ? 0 : 1;
  const auto table = std::max<std::int64_t>(limit.count(), least);
  const auto row = std::max<std::int64_t>(limit.count(), 1);
  run("SET SESSION lock_wait_timeout = " + std::to_string(table) +
      ", SESSION innodb_lock_wait_timeout = " + std::to_string(row));
}

Transaction::Transaction(Session& session, Kind kind) : session_(session) {
  const bool snapshot = kind == Kind::snapshot;
  session_.run(std::string("SET TRANSACTION ISOLATION LEVEL ") +
               (snapshot ? "REPEATABLE READ" : "READ COMMITTED"));
  session_.run(snapshot ? "START TRANSACTION WITH CONSISTENT SNAPSHOT" : "START TRANSACTION");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    session_.run("ROLLBACK");
  } catch (const std::exception&) {  // the connection is gone, and the transaction with it
  }
}

void Transaction::commit() {
  session_.run("COMMIT");
  open_ = false;
}

std::string identifier(std::string_view name) {
  std::string text = "`";
  for (const char c : name) text += c == '`' ? std::string("``") : std::string(1, c);
  return text + "`";
}

std::string identifier(const TableName& name) {
  return identifier(name.schema) + "." + identifier(name.table);
}

std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    if (c == '\0') {
      quoted += "\\0";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

namespace {

// By the client's own numbers, 2000 and up.
bool is_no_connection(const ServerError& error) {
  constexpr std::array codes{2002, 2003, 2005};
  return error.is_lost_connection() ||
         std::find(codes.begin(), codes.end(), error.code()) != codes.end();
}

}  // namespace

void rethrow(const std::string& schema) {
  const std::string prefix = "database '" + schema + "': ";
  try {
    throw;
  } catch (const ServerError& error) {
    if (error.is_lock_timeout()) {
      throw Refused(prefix + "somebody else holds a lock: " + error.what(),
                    {"run the command again"});
    }
    if (error.is_denied()) throw Fatal(prefix + error.what(), {"git rollback doctor"});
    if (is_no_connection(error)) {
      throw Fatal(prefix + error.what(), {"start the server, then git rollback doctor"});
    }
    throw Fatal(prefix + error.what());
  }
}

}  // namespace rollback::mysql
