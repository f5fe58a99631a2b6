#include "part/database/sqlite/rows.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>
#include <unordered_map>

#include "os/fail_point.h"
#include "os/progress.h"
#include "os/sha256.h"
#include "part/database/sqlite/connection.h"

namespace rollback::sqlite {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto batch_time = std::chrono::milliseconds(40);
constexpr auto contended_batch_time = std::chrono::milliseconds(10);
constexpr int rows_between_looks = 64;

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  out.append(bytes.data(), bytes.size());
}

// A statement of SQLite's own interface: values pass from one to another as
// they are, and nothing is allocated for each of them.
class Rows {
 public:
  Rows(SQLite::Database& db, const std::string& sql) : db_(db) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(db.getHandle(), sql.data(), static_cast<int>(sql.size()), &statement,
                             nullptr));
    statement_.reset(statement);
    columns_ = sqlite3_column_count(statement);
  }

  bool step() {
    const int result = sqlite3_step(statement_.get());
    if (result != SQLITE_ROW && result != SQLITE_DONE) check(result);
    return result == SQLITE_ROW;
  }

  int columns() const { return columns_; }

  void take(const Rows& from) {
    sqlite3_reset(statement_.get());
    for (int i = 0; i < from.columns_; ++i) {
      check(sqlite3_bind_value(statement_.get(), i + 1,
                               sqlite3_column_value(from.statement_.get(), i)));
    }
    step();
    // An unfinished statement would keep its transaction from ending.
    sqlite3_reset(statement_.get());
  }

  void encode(int column, std::string& out) const {
    sqlite3_stmt* const row = statement_.get();
    switch (sqlite3_column_type(row, column)) {
      case SQLITE_INTEGER:
        out += 'i';
        append_number(out, 8);
        append_number(out, static_cast<std::uint64_t>(sqlite3_column_int64(row, column)));
        return;
      case SQLITE_FLOAT: {
        const double value = sqlite3_column_double(row, column);
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        out += 'r';
        append_number(out, 8);
        append_number(out, bits);
        return;
      }
      case SQLITE_TEXT:
        out += 't';
        return append_bytes(out, sqlite3_column_text(row, column), column);
      case SQLITE_BLOB:
        out += 'b';
        return append_bytes(out, sqlite3_column_blob(row, column), column);
      default:
        out += 'n';
        append_number(out, 0);
    }
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  void append_bytes(std::string& out, const void* bytes, int column) const {
    const int size = sqlite3_column_bytes(statement_.get(), column);
    append_number(out, static_cast<std::uint64_t>(size));
    if (size > 0) out.append(static_cast<const char*>(bytes), static_cast<size_t>(size));
  }

  void check(int result) const {
    if (result != SQLITE_OK && result != SQLITE_DONE) {
      throw SQLite::Exception(db_.getHandle(), result);
    }
  }

  SQLite::Database& db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int columns_ = 0;
};

class Hasher {
 public:
  void add(const Rows& row, int first) {
    buffer_ = "R";
    for (int i = first; i < row.columns(); ++i) row.encode(i, buffer_);
    hash_.update(buffer_);
    ++hashed_.rows;
    hashed_.bytes += static_cast<std::int64_t>(buffer_.size());
  }
  Hashed finish() {
    hashed_.sha256 = hash_.hex();
    return hashed_;
  }

 private:
  Sha256 hash_;
  Hashed hashed_;
  std::string buffer_;
};

// Where others write, too: short batches, and the lock is left free for as
// long as it was held.
class Turns {
 public:
  explicit Turns(SQLite::Database& db) : db_(db), seen_(version()) {}

  Clock::duration batch() const { return contended() ? contended_batch_time : batch_time; }

  void pause(Clock::duration held) {
    ++quiet_;
    const auto current = version();
    if (current != seen_) quiet_ = 0;
    seen_ = current;
    std::this_thread::sleep_for(contended() ? held : std::chrono::microseconds(200));
  }

 private:
  std::int64_t version() { return number(db_, "PRAGMA data_version"); }
  bool contended() const { return quiet_ < 20; }

  SQLite::Database& db_;
  std::int64_t seen_;
  int quiet_ = 20;  // turns since somebody else wrote
};

// True when there are more rows.
bool copy_batch(Rows& source, Rows& target, Hasher& hasher, int keys, Clock::duration time) {
  const auto start = Clock::now();
  for (int i = 1; source.step(); ++i) {
    hasher.add(source, keys);
    target.take(source);
    passed(Unit::rows);
    if (i % rows_between_looks == 0 && Clock::now() - start > time) return true;
  }
  return false;
}

class Multiset {
 public:
  void add(std::string key, int by, bool going) {
    const auto found = balance_.try_emplace(std::move(key), Entry{0, going}).first;
    found->second.count += by;
    if (by > 0) found->second.going = going;
    if (found->second.count == 0) balance_.erase(found);
  }
  void count(Difference& difference) const {
    for (const auto& [key, entry] : balance_) {
      if (entry.count < 0) difference.missing -= entry.count;
      if (entry.count <= 0) continue;
      difference.written += entry.count;
      if (entry.going) difference.going_written += entry.count;
    }
  }

 private:
  struct Entry {
    std::int64_t count;
    bool going;
  };
  std::unordered_map<std::string, Entry> balance_;
};

std::vector<std::string> encoded_defaults(SQLite::Database& db, const Comparison& comparison) {
  std::vector<std::string> encoded;
  for (const std::string& value : comparison.defaults) {
    Rows row(db, "SELECT " + value);
    row.step();
    row.encode(0, encoded.emplace_back());
  }
  return encoded;
}

// One row of the live table, in the terms of the comparison.
struct LiveRow {
  std::string key;
  bool going = false;    // has a value in a column that goes
  bool unequal = false;  // has one in a column that the baseline lacks
};

LiveRow read_live(const Rows& row, const Comparison& comparison,
                  const std::vector<std::string>& defaults) {
  LiveRow live;
  std::string value;
  for (int i = 0; i < row.columns(); ++i) {
    const auto column = static_cast<size_t>(i);
    value.clear();
    row.encode(i, value);
    const bool is_default = value == defaults[column];
    if (!is_default && comparison.going[column]) live.going = true;
    if (!is_default && i >= comparison.common) live.unequal = true;
    if (i < comparison.common) live.key += value;
  }
  return live;
}

}  // namespace

Hashed hash_rows(SQLite::Database& db, const std::string& select) {
  Rows rows(db, select);
  Hasher hasher;
  while (rows.step()) {
    hasher.add(rows, 0);
    passed(Unit::rows);
  }
  return hasher.finish();
}

std::uint64_t rows_for_progress(SQLite::Database& db, const std::string& table) {
  if (!progress_is_heard()) return 0;
  return static_cast<std::uint64_t>(number(db, "SELECT count(*) FROM " + identifier(table)));
}

Hashed copy_rows(SQLite::Database& reader, SQLite::Database& writer, const Copy& copy) {
  Rows source(reader, copy.select);
  Rows target(writer, copy.insert);
  Hasher hasher;
  if (&reader == &writer) {
    copy_batch(source, target, hasher, copy.keys, Clock::duration::max());
    return hasher.finish();
  }
  Turns turns(writer);
  for (bool more = true; more;) {
    Transaction transaction(writer, Transaction::Kind::write);
    const auto start = Clock::now();
    more = copy_batch(source, target, hasher, copy.keys, turns.batch());
    transaction.commit();
    fail_point("database batch");
    turns.pause(Clock::now() - start);
  }
  return hasher.finish();
}

Difference compare_rows(SQLite::Database& db, const Comparison& comparison) {
  const auto defaults = encoded_defaults(db, comparison);
  Rows live(db, comparison.live);
  std::unique_ptr<Rows> baseline;
  if (!comparison.baseline.empty()) baseline = std::make_unique<Rows>(db, comparison.baseline);
  Difference difference;
  Multiset rows;
  bool more_live = true;
  bool more_baseline = baseline != nullptr;
  // Both in storage order, so rows that stayed meet at once and only those
  // that moved, came or went are ever held in memory.
  while (more_live || more_baseline) {
    LiveRow here;
    std::string there;
    if (more_live && (more_live = live.step())) {
      ++difference.live_rows;
      passed(Unit::rows);
      here = read_live(live, comparison, defaults);
      if (here.going) ++difference.going;
    }
    if (more_baseline && (more_baseline = baseline->step())) {
      ++difference.baseline_rows;
      passed(Unit::rows);
      for (int i = 0; i < comparison.common; ++i) baseline->encode(i, there);
    }
    if (more_live && more_baseline && !here.unequal && here.key == there) continue;
    if (more_live && here.unequal) {
      ++difference.written;
      if (here.going) ++difference.going_written;
    } else if (more_live) {
      rows.add(std::move(here.key), 1, here.going);
    }
    if (more_baseline) rows.add(std::move(there), -1, false);
  }
  rows.count(difference);
  return difference;
}

}  // namespace rollback::sqlite
