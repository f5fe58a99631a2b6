#include "part/database/mysql/rows/difference.h"

#include <algorithm>
#include <charconv>

#include "os/progress.h"
#include "part/database/mysql/rows/chunks.h"
#include "part/database/mysql/rows/multiset.h"
#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/rows/values.h"
#include "part/database/mysql/server/statement_limit.h"

namespace rollback::mysql {
namespace {

constexpr std::int64_t chunk_rows = 20'000;

std::string of(const char* alias, const std::string& column) {
  return std::string(alias) + "." + identifier(column);
}

std::string where(const std::string& condition) {
  return condition.empty() ? "" : " WHERE " + condition;
}

// MySQL 9 has no MD5 any more.
std::string hash(const std::string& text) { return "LEFT(SHA2(" + text + ", 256), 32)"; }

std::string all_of(const std::vector<std::string>& terms) {
  std::string sql;
  for (const auto& term : terms) sql += (sql.empty() ? "" : " AND ") + term;
  return sql.empty() ? "1" : "(" + sql + ")";
}

// Whether a live row has the defaults in these columns.
std::string has_defaults(const Definition& now, const std::vector<std::string>& columns) {
  std::vector<std::string> terms;
  for (const auto& name : columns) {
    terms.push_back(is_default(*now.column(name), of("l", name)));
  }
  return all_of(terms);
}

std::vector<std::int64_t> numbers(Session& session, const std::string& query) {
  std::vector<std::int64_t> numbers;
  const auto rows = session.rows(query);
  for (const Value& value : rows.at(0)) {
    std::int64_t number = 0;
    if (value) std::from_chars(value->data(), value->data() + value->size(), number);
    numbers.push_back(number);
  }
  return numbers;
}

class Counting {
 public:
  Counting(Session& session, const Comparison& comparison)
      : session_(session),
        comparison_(comparison),
        limit_(session, comparison.limit),
        live_(identifier(comparison.now.name) + " AS l"),
        going_(comparison.going.empty() ? "0"
                                        : "NOT " + has_defaults(comparison.now, comparison.going)) {
  }

  Difference run() try {
    if (!comparison_.then) {
      count_all();
    } else if (const auto key = common_key(comparison_.now, *comparison_.then); !key.empty()) {
      compare_by_key(key);
    } else {
      compare_as_multisets();
    }
    return difference_;
  } catch (const ServerError& error) {
    if (!StatementLimit::is_passed(error)) throw;
    return {.counted = false};
  }

 private:
  std::vector<std::int64_t> count(const std::string& query) {
    limit_.renew();
    return numbers(session_, query);
  }

  void count_all() {
    const auto counts = count("SELECT count(*), sum(" + going_ + ") FROM " + live_);
    difference_.live_rows = difference_.inserted = counts[0];
    difference_.going = difference_.going_written = difference_.going_inserted = counts[1];
    passed(Unit::rows, static_cast<std::uint64_t>(counts[0]));
  }

  // Of two rows with one key.
  std::string same_row() const {
    const Definition& now = comparison_.now;
    std::vector<std::string> terms;
    for (const auto& name : columns_in_common(now, *comparison_.then)) {
      const Column& then = *comparison_.then->column(name);
      terms.push_back(same_value(*now.column(name), of("l", name), then, of("b", then.name)));
    }
    const auto extra = columns_only_in(now, *comparison_.then);
    if (!extra.empty()) terms.push_back(has_defaults(now, extra));
    return all_of(terms);
  }

  void compare_by_key(const std::vector<std::string>& key) {
    const std::string found = "(" + of("l", key[0]) + " <=> " + of("b", key[0]) + ")";
    const std::string same = same_row();
    std::string join = " ON " + same_key(key, "l", "b");
    std::string taken = "0";
    if (takes(key)) {
      taken = "NOT " + found + " AND " + of("l", key[0]) + " <=> " + of("t", key[0]);
      join += " LEFT JOIN " + comparison_.taken + " AS t ON " + same_key(key, "l", "t");
    }
    const std::string list = "SELECT count(*), sum(" + found + "), sum(" + found + " AND NOT " +
                             same + "), sum(" + going_ + "), sum(" + going_ + " AND NOT (" + found +
                             " AND " + same + ")), sum(" + going_ + " AND NOT " + found +
                             "), sum(" + taken + ") FROM " + live_ + " LEFT JOIN ";
    for (Chunks chunks(comparison_.now, key, chunk_rows); next(chunks);) {
      const std::string rows = baseline(chunks.condition("i"));
      const auto there = count("SELECT count(*) FROM " + rows + where(chunks.condition("b")));
      add(count(list + rows + join + where(chunks.condition("l"))), there[0]);
    }
  }

  bool next(Chunks& chunks) {
    limit_.renew();
    return chunks.next(session_);
  }

  bool takes(const std::vector<std::string>& key) const {
    return comparison_.taken_as && common_key(comparison_.now, *comparison_.taken_as) == key;
  }

  // AS b. Queries get the limits of the chunk from inside, since the server would
  // make all of their rows anew each time.
  std::string baseline(const std::string& inside = "") const {
    const auto& parts = comparison_.baseline;
    if (parts.size() == 1 && parts[0].starts_with('`')) return parts[0] + " AS b";
    std::string sql;
    for (const auto& part : parts) {
      sql +=
          (sql.empty() ? "(" : " UNION ALL ") + ("SELECT * FROM " + part) + " AS i" + where(inside);
    }
    return sql + ") AS b";
  }

  void add(const std::vector<std::int64_t>& counts, std::int64_t there) {
    difference_.live_rows += counts[0];
    difference_.baseline_rows += there;
    difference_.inserted += counts[0] - counts[1];
    difference_.deleted += there - counts[1];
    difference_.changed += counts[2];
    difference_.going += counts[3];
    difference_.going_written += counts[4];
    difference_.going_inserted += counts[5];
    difference_.taken += counts[6];
    passed(Unit::rows, static_cast<std::uint64_t>(counts[0] + there));
  }

  // Of all values. Behind them stand the lengths of the texts and what is
  // NULL, so that no two rows have one text.
  std::string row_hash(const char* alias) const {
    const Definition& now = comparison_.now;
    const Definition& then = *comparison_.then;
    const bool live = *alias == 'l';
    std::string values = "''";
    std::string lengths;
    std::string nulls;
    for (const auto& name : columns_in_common(now, then)) {
      const Column& mine = live ? *now.column(name) : *then.column(name);
      const Column& other = live ? *then.column(name) : *now.column(name);
      std::string text = text_of(mine, of(alias, mine.name), other);
      if (is_long(mine) || is_long(other)) text = hash(text);
      values += ", " + text;
      lengths += ", LENGTH(" + text + ")";
      nulls += ", ISNULL(" + of(alias, mine.name) + ")";
    }
    const auto extra = columns_only_in(now, then);
    std::string mark;
    if (live && !extra.empty()) mark = ", IF(" + has_defaults(now, extra) + ", NULL, 'x')";
    return hash("CONCAT_WS(',', " + values + lengths + ", CONCAT(''" + nulls + ")" + mark + ")");
  }

  // A row with such values could be longer than a text can be.
  static bool is_long(const Column& column) {
    return column.type.starts_with("medium") || column.type.starts_with("long") ||
           column.type == "json";
  }

  std::string select_hashes(const char* alias, const std::string& from) const {
    const bool live = *alias == 'l';
    return "SELECT " + row_hash(alias) + ", " + (live ? going_ : "0") + " FROM " + from;
  }

  void compare_as_multisets() {
    const auto found = compare_multisets(session_, limit_, select_hashes("l", live_),
                                         select_hashes("b", baseline()));
    difference_.live_rows = found.live_rows;
    difference_.baseline_rows = found.baseline_rows;
    difference_.inserted = found.written;
    difference_.deleted = found.missing;
    difference_.going = found.marked;
    difference_.going_written = difference_.going_inserted = found.marked_written;
  }

  Session& session_;
  const Comparison& comparison_;
  StatementLimit limit_;
  std::string live_;
  std::string going_;
  Difference difference_;
};

}  // namespace

Difference compare_rows(Session& session, const Comparison& comparison) {
  return Counting(session, comparison).run();
}

}  // namespace rollback::mysql
