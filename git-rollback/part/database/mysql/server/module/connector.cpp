// The module that loads MySQL Connector/C++: 2 ms of start-up that only a
// component with such a database pays for.
#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <exception>
#include <map>
#include <memory>

#include "part/database/mysql/server/connector.h"

namespace rollback::mysql {
namespace {

// Runs `work`, and turns what it throws into a failure.
template <class Work>
bool caught(Failure& failure, const Work& work) {
  try {
    work();
    return true;
  } catch (const sql::SQLException& error) {
    failure = {error.getErrorCode(), error.getSQLState(), error.what()};
  } catch (const std::exception& error) {
    failure = {0, {}, error.what()};
  } catch (...) {
    failure = {0, {}, "unknown error"};
  }
  return false;
}

class ConnectorConnection : public Connection {
 public:
  explicit ConnectorConnection(std::unique_ptr<sql::Connection> connection)
      : connection_(std::move(connection)) {}

  bool run(const std::string& sql, std::int64_t& changed, Failure& failure) override {
    return caught(failure, [&] {
      forget_result();
      const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
      if (statement->execute(sql)) {
        const std::unique_ptr<sql::ResultSet> passed_over(statement->getResultSet());
        changed = 0;
      } else {
        changed = static_cast<std::int64_t>(statement->getUpdateCount());
      }
    });
  }

  bool query(const std::string& sql, bool stream, Failure& failure) override {
    return caught(failure, [&] {
      forget_result();
      statement_.reset(connection_->createStatement());
      statement_->setResultSetType(stream ? sql::ResultSet::TYPE_FORWARD_ONLY
                                          : sql::ResultSet::TYPE_SCROLL_INSENSITIVE);
      result_.reset(statement_->executeQuery(sql));
      columns_ = result_->getMetaData()->getColumnCount();
    });
  }

  bool columns(std::vector<std::string>& names, Failure& failure) override {
    return caught(failure, [&] {
      names.clear();
      for (unsigned i = 1; i <= columns_; ++i) {
        const sql::SQLString name = result_->getMetaData()->getColumnLabel(i);
        names.emplace_back(name.c_str(), name.length());
      }
    });
  }

  bool next(Row& row, bool& more, Failure& failure) override {
    return caught(failure, [&] {
      more = result_ != nullptr && result_->next();
      if (!more) return forget_result();
      row.resize(columns_);
      for (unsigned i = 0; i < columns_; ++i) {
        const sql::SQLString text = result_->getString(i + 1);
        if (result_->isNull(i + 1)) {
          row[i].reset();
        } else {
          row[i].emplace(text.c_str(), text.length());
        }
      }
    });
  }

 private:
  void forget_result() {
    result_.reset();
    statement_.reset();
  }

  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> statement_;
  std::unique_ptr<sql::ResultSet> result_;
  unsigned columns_ = 0;
};

sql::ConnectOptionsMap options_of(const Endpoint& endpoint) {
  sql::ConnectOptionsMap options;
  const auto set = [&](const char* key, const std::string& value) {
    if (!value.empty()) options[key] = sql::SQLString(value);
  };
  // "localhost" would go to TCP here.
  set("hostName", endpoint.socket.empty() ? "tcp://" + endpoint.host : "unix://" + endpoint.socket);
  if (endpoint.socket.empty() && endpoint.port != 0) {
    options["port"] = static_cast<int>(endpoint.port);
  }
  options["userName"] = sql::SQLString(endpoint.user);
  options["password"] = sql::SQLString(endpoint.password);
  set("schema", endpoint.database);
  options["OPT_CONNECT_TIMEOUT"] = static_cast<int>(endpoint.connect_timeout_s);
  options["OPT_LOCAL_INFILE"] = 0;
  options["CLIENT_MULTI_STATEMENTS"] = false;
  options["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
  if (endpoint.tls == Endpoint::Tls::off) return options;
  options["sslEnforce"] = true;
  if (endpoint.tls == Endpoint::Tls::verified) options["sslVerify"] = true;
  set("sslCA", endpoint.ca);
  set("sslCert", endpoint.certificate);
  set("sslKey", endpoint.key);
  return options;
}

}  // namespace
}  // namespace rollback::mysql

extern "C" __attribute__((visibility("default"))) rollback::mysql::Connection*
git_rollback_open_connection(const rollback::mysql::Endpoint& endpoint,
                             rollback::mysql::Failure& failure) {
  using rollback::mysql::ConnectorConnection;
  ConnectorConnection* opened = nullptr;
  rollback::mysql::caught(failure, [&] {
    auto options = rollback::mysql::options_of(endpoint);
    std::unique_ptr<sql::Connection> connection(get_driver_instance()->connect(options));
    opened = new ConnectorConnection(std::move(connection));
  });
  return opened;
}
