// A session on a MySQL or MariaDB server, set up so that rows are read and
// written exactly: UTC, strict, zero dates and id 0 as they are, keys unchecked.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "part/database/mysql/server/connector.h"

namespace rollback::mysql {

class ServerError : public std::runtime_error {
 public:
  explicit ServerError(const Failure& failure)
      : std::runtime_error(failure.message), code_(failure.code), state_(failure.state) {}

  int code() const { return code_; }
  const std::string& state() const { return state_; }
  bool is_lock_timeout() const { return code_ == 1205 || code_ == 1213; }
  bool is_lost_connection() const { return code_ == 2006 || code_ == 2013 || code_ == 2055; }
  bool is_denied() const;  // a privilege is missing
  bool is_missing_table() const { return code_ == 1146; }
  bool is_change_of_table() const;  // altered, or gone, since it was looked at
  // The statement was wrong for the row: out of range, no such value, a duplicate.
  bool is_about_a_row() const;

 private:
  int code_;
  std::string state_;
};

struct Flavour {
  bool mariadb = false;
  int version = 0;   // 101119 for 10.11.19, 90704 for 9.7.4
  std::string text;  // "MariaDB 10.11.19"
};

class Session {
 public:
  // Loads the module, logs in, sets the session up. Throws ServerError; Fatal
  // where the module is missing, or TLS was asked for and is not on.
  explicit Session(const Endpoint& endpoint);

  // A statement; how many rows it changed.
  std::int64_t run(const std::string& sql);

  std::vector<Row> rows(const std::string& query);
  // By what the columns are called: of SHOW …, which has others in other versions.
  std::vector<std::map<std::string, Value, std::less<>>> named_rows(const std::string& query);
  // The first row's first value.
  Value value(const std::string& query);
  std::int64_t number(const std::string& query);  // NULL and no row are 0
  std::string text(const std::string& query);     // NULL and no row are ""

  // Each row as the server sends it; no other statement can run meanwhile. Throws
  // what the server failed by before the last of them.
  void stream(const std::string& query, const std::function<void(const Row&)>& take);

  const Flavour& flavour() const { return flavour_; }
  const std::string& schema() const { return schema_; }
  // From here on, names that are not qualified are of this schema.
  void use(const std::string& schema);
  std::int64_t id() const { return id_; }  // CONNECTION_ID()

  // How long a statement may wait for a table's or row's lock. 0: not at all,
  // where the server can do that (MariaDB), else one second.
  void set_lock_wait(std::chrono::seconds limit);

 private:
  void query(const std::string& sql, bool stream);
  std::vector<Row> remaining_rows();
  void require_whole();

  std::shared_ptr<Connection> connection_;
  std::string schema_;
  Flavour flavour_;
  std::int64_t id_ = 0;
};

// A transaction that ends with its scope; rolls back unless committed.
class Transaction {
 public:
  // snapshot: REPEATABLE READ, opened at once, so that all tables are read as
  // of one moment. write: READ COMMITTED, so that reads of others lock nothing.
  enum class Kind { snapshot, write };
  Transaction(Session& session, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Session& session_;
  bool open_ = true;
};

std::string identifier(std::string_view name);  // `it``s`

// In the order in which the server takes their locks.
struct TableName {
  std::string schema, table;
  friend auto operator<=>(const TableName&, const TableName&) = default;
};
std::string identifier(const TableName& name);  // `world`.`it``s`

std::string literal(std::string_view text);  // 'it\'s', for any text in UTF-8

// Inside a catch block: turns a ServerError into Refused where a lock was not to
// be had, else into Fatal that names the database; throws any other error on.
[[noreturn]] void rethrow(const std::string& schema);

template <class Work>
std::invoke_result_t<Work> guarded(const std::string& schema, Work&& work) {
  try {
    return work();
  } catch (...) {
    rethrow(schema);
  }
}

}  // namespace rollback::mysql
