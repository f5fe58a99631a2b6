#include "part/database/mysql/rows/multiset.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "os/error.h"
#include "os/progress.h"

namespace rollback::mysql {
namespace {

constexpr std::int64_t rows_in_memory = 4'000'000;

struct Hash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  size_t bucket() const { return high >> 48; }
  friend bool operator==(const Hash&, const Hash&) = default;
};

struct LowBits {
  size_t operator()(const Hash& hash) const { return hash.low; }
};

std::uint64_t from_hex(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

Hash hash_in(const Row& row) {
  const std::string& text = row.at(0).value_or("");
  if (text.size() != 32) throw Fatal("a row is longer than the server's max_allowed_packet");
  return {from_hex(std::string_view(text).substr(0, 16)),
          from_hex(std::string_view(text).substr(16))};
}

// Of all rows whose hashes begin in the same way.
struct Bucket {
  std::int64_t rows = 0;
  std::uint64_t high = 0;  // sums, of the live rows less those of the baseline
  std::uint64_t low = 0;
  std::int64_t balance = 0;

  void add(const Hash& hash, bool live) {
    ++rows;
    balance += live ? 1 : -1;
    high += live ? hash.high : -hash.high;
    low += live ? hash.low : -hash.low;
  }
  bool differs() const { return balance != 0 || high != 0 || low != 0; }
};

struct Entry {
  std::int64_t balance = 0;
  std::int64_t marked = 0;
};

class Multisets {
 public:
  Multisets(Session& session, StatementLimit& limit, const std::string& live,
            const std::string& baseline)
      : session_(session), limit_(limit), live_(live), baseline_(baseline) {}

  MultisetDifference compare() {
    read([&](const Hash& hash, bool live, bool marked) {
      buckets_[hash.bucket()].add(hash, live);
      ++(live ? difference_.live_rows : difference_.baseline_rows);
      if (marked) ++difference_.marked;
      passed(Unit::rows);
    });
    while (choose_buckets()) count_chosen();
    return difference_;
  }

 private:
  template <class Take>
  void read(const Take& take) {
    for (const bool live : {true, false}) {
      limit_.renew();
      session_.stream(live ? live_ : baseline_,
                      [&](const Row& row) { take(hash_in(row), live, live && row.at(1) == "1"); });
    }
  }

  // The next ones that differ, as many as have room; false: there are no more.
  bool choose_buckets() {
    std::int64_t rows = 0;
    chosen_.assign(buckets_.size(), false);
    for (; next_ < buckets_.size(); ++next_) {
      const Bucket& bucket = buckets_[next_];
      if (!bucket.differs()) continue;
      if (rows > 0 && rows + bucket.rows > rows_in_memory) break;
      rows += bucket.rows;
      chosen_[next_] = true;
    }
    return rows > 0;
  }

  void count_chosen() {
    std::unordered_map<Hash, Entry, LowBits> entries;
    read([&](const Hash& hash, bool live, bool marked) {
      if (!chosen_[hash.bucket()]) return;
      Entry& entry = entries[hash];
      entry.balance += live ? 1 : -1;
      if (marked) ++entry.marked;
    });
    for (const auto& [hash, entry] : entries) {
      if (entry.balance < 0) difference_.missing -= entry.balance;
      if (entry.balance <= 0) continue;
      difference_.written += entry.balance;
      difference_.marked_written += std::min(entry.balance, entry.marked);
    }
  }

  Session& session_;
  StatementLimit& limit_;
  const std::string& live_;
  const std::string& baseline_;
  std::vector<Bucket> buckets_{1U << 16};
  std::vector<bool> chosen_;
  size_t next_ = 0;
  MultisetDifference difference_;
};

}  // namespace

MultisetDifference compare_multisets(Session& session, StatementLimit& limit,
                                     const std::string& live, const std::string& baseline) {
  return Multisets(session, limit, live, baseline).compare();
}

}  // namespace rollback::mysql
