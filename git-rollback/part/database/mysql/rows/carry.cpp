#include "part/database/mysql/rows/carry.h"

#include <algorithm>
#include <functional>
#include <set>
#include <span>
#include <string_view>

#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/rows/values.h"
#include "part/database/mysql/swap/late_rows.h"

namespace rollback::mysql {
namespace {

// Temporary tables, so that no table needs an alias, which LOCK TABLES would have
// to name and would allow for one table only.
constexpr const char* keys_table = "git_rollback_keys";
constexpr const char* rows_table = "git_rollback_rows";
constexpr const char* fill_table = "git_rollback_fill";
constexpr size_t batch_size = 500;
// As many rows are named by conditions: more are slower so than by temporary tables.
constexpr size_t few_rows = 100;
constexpr size_t few_rows_bytes = 1 << 16;
constexpr int tries = 5;
constexpr const char* overtaken = "it was written again meanwhile";

// What stands in the log.
struct Note {
  std::string seq;
  std::string row;  // the condition that its key is; empty: it is not exact as text
};
using Notes = std::span<const Note>;

bool can_be_indexed(const Definition& definition) {
  const auto key = definition.key();
  return !key.empty() && std::all_of(key.begin(), key.end(), [&](const std::string& name) {
    const std::string& type = definition.column(name)->type;
    return !type.ends_with("text") && !type.ends_with("blob");
  });
}

// Of a key that both have. A year is not: compared with it, the number 5 is 2005.
bool can_be_named(const Projection& projection, const std::vector<std::string>& key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [&](const std::string& name) {
    const Column& from = *projection.from.column(name);
    const Column& to = *projection.to.column(name);
    return has_boundaries(from) && from.type != "year" && to.type != "year";
  });
}

// A deadlock takes the whole transaction back.
void with_patience(const std::function<void()>& work) {
  for (int i = 1;; ++i) {
    try {
      return work();
    } catch (const ServerError& error) {
      if (!error.is_lock_timeout() || i == tries) throw;
    }
  }
}

class Carrier {
 public:
  Carrier(Session& session, const Carry& carry)
      : session_(session),
        carry_(carry),
        table_(identifier(carry.projection.table)),
        target_(identifier(carry.target)),
        key_(common_key(carry.projection.from, carry.projection.to)),
        names_rows_(can_be_named(carry.projection, key_) && carry.projection.to.transactional &&
                    !takes_from_fill(carry.projection) && carry.keep_from.empty() &&
                    carry.overtaken_by.empty() && (!carry.last || carry.not_for_target.empty())) {}

  // While others write.
  Carried follow() {
    if (key_.empty()) return {};
    const std::string top = session_.text("SELECT max(seq) FROM " + identifier(carry_.log));
    const std::string mine = without_those_not_for_target();
    std::string after = "0";
    while (!top.empty()) {
      const auto batch = notes("seq > " + after + " AND seq <= " + top + mine +
                               " ORDER BY seq LIMIT " + std::to_string(batch_size));
      if (batch.empty()) break;
      after = batch.back().seq;
      follow(batch);
    }
    return carried_;
  }

  Carried last() {
    const auto all =
        notes((key_.empty() ? "true" : "k1 IS NOT NULL") + std::string(" ORDER BY seq"));
    if (all.empty()) return {};
    if (carry_.in_batch) {
      bring_last(all);
      return carried_;
    }
    with_patience([&] {
      Batch batch(session_);
      bring_last(all);
      batch.commit();
    });
    return carried_;
  }

 private:
  std::vector<Note> notes(const std::string& condition) {
    std::string columns = "seq";
    for (size_t i = 0; names_rows_ && i < key_.size(); ++i) {
      columns += ", " + boundary_of(key_column(i), "k" + std::to_string(i + 1));
    }
    std::vector<Note> list;
    for (const Row& row : session_.rows("SELECT " + columns + " FROM " + identifier(carry_.log) +
                                        " WHERE " + condition)) {
      list.push_back({row.at(0).value(), names_rows_ ? row_of(row) : ""});
    }
    return list;
  }

  const Column& key_column(size_t i) const { return *carry_.projection.from.column(key_[i]); }

  // Without an alias, so that it is true of the row in any table.
  std::string row_of(const Row& note) const {
    std::string terms;
    for (size_t i = 0; i < key_.size(); ++i) {
      if (!note[i + 1]) return "FALSE";
      terms += (i == 0 ? "" : " AND ") + identifier(key_[i]) + " = " +
               boundary_literal(key_column(i), *note[i + 1]);
    }
    return "(" + terms + ")";
  }

  // Empty where they are not named.
  std::string rows_of(Notes some) const {
    if (!names_rows_ || some.size() > few_rows) return "";
    std::set<std::string_view> rows;
    for (const Note& note : some) rows.insert(note.row);
    std::string condition;
    for (const auto& row : rows) {
      condition += (condition.empty() ? "(" : " OR ") + std::string(row);
    }
    return condition.size() < few_rows_bytes ? condition + ")" : "";
  }

  void bring_last(Notes all) {
    carried_ = {};
    if (key_.empty()) {
      rebuild();
    } else {
      bring(all);
      carried_.set_aside +=
          rows_.empty()
              ? insert_staged(session_, projection_, carry_.target, carry_.aside)
              : insert_fitting(session_, {projection_, carry_.target, rows_, carry_.aside});
    }
    finish(all);
  }

  // Those that do not fit stay in the log.
  void follow(Notes some) {
    const Carried before = carried_;
    try {
      return with_patience([&] {
        carried_ = before;
        Batch batch(session_);
        bring(some);
        insert_all(session_, {projection_, carry_.target, rows_, ""});
        finish(some);
        batch.commit();
      });
    } catch (const ServerError& error) {
      if (!error.is_about_a_row()) throw;
      carried_ = before;
    }
    if (some.size() == 1) return;
    follow(some.first(some.size() / 2));
    follow(some.subspan(some.size() / 2));
  }

  // Takes the old rows out and says which new ones come. All old rows go before the
  // first new one comes: a unique value may have wandered from one to another.
  void bring(Notes some) {
    rows_ = rows_of(some);
    if (rows_.empty()) return bring_staged(some);
    projection_ = carry_.projection;
    projection_.alias = table_;
    if (carry_.tries_again) {
      take_from_aside("DELETE FROM " + identifier(carry_.aside) + " WHERE " + rows_);
    }
    session_.run("DELETE FROM " + target_ + " WHERE " + rows_);
  }

  // The same where they cannot be named: by temporary tables.
  void bring_staged(Notes some) {
    stage_keys(some);
    if (!carry_.keep_from.empty()) forget_keys(carry_.keep_from);
    if (!carry_.overtaken_by.empty()) set_overtaken_aside();
    if (carry_.last && !carry_.not_for_target.empty()) set_those_not_for_target_aside();
    projection_ = carry_.projection;
    stage(session_, rows_table, projection_.from, table_, joined_with_keys(table_));
    projection_.table = rows_table;
    if (!projection_.fill.empty()) stage_fill(joined_with_keys(identifier(projection_.fill)));
    if (carry_.tries_again) {
      const std::string aside = identifier(carry_.aside);
      take_from_aside("DELETE " + aside + " FROM " + aside + " JOIN " + keys_table +
                      " AS git_rollback_d ON " + same_as_key(aside) + " WHERE TRUE");
    }
    session_.run("DELETE " + target_ + " FROM " + target_ + " JOIN " + keys_table +
                 " AS git_rollback_d ON " + same_as_key(target_));
  }

  void rebuild() {
    projection_ = carry_.projection;
    stage(session_, rows_table, projection_.from, table_, table_ + without_kept(table_));
    projection_.table = rows_table;
    if (!projection_.fill.empty()) stage_fill(identifier(projection_.fill));
    session_.run("DELETE " + target_ + " FROM " + target_ + without_kept(target_));
    // All are tried again, also those that did not fit when it was filled.
    carried_.set_aside -= session_.run("DELETE FROM " + identifier(carry_.aside));
    carried_.set_aside += insert_staged(session_, projection_, carry_.target, carry_.aside);
  }

  void finish(Notes some) {
    // A log without transactions is emptied at once: not before the rest is safe.
    if (!carry_.projection.from.transactional) session_.run("COMMIT");
    for (size_t i = 0; i < some.size(); i += batch_size) {
      session_.run("DELETE FROM " + identifier(carry_.log) + " WHERE seq IN (" +
                   list(some.subspan(i, std::min(batch_size, some.size() - i))) + ")");
    }
    carried_.keys += static_cast<std::int64_t>(some.size());
  }

  void stage_keys(Notes some) {
    session_.run(std::string("DROP TEMPORARY TABLE IF EXISTS ") + keys_table);
    const std::string index =
        can_be_indexed(carry_.projection.from) ? " (INDEX (" + log_columns(key_) + "))" : "";
    session_.run(std::string("CREATE TEMPORARY TABLE ") + keys_table + index +
                 " ENGINE=InnoDB SELECT DISTINCT " + log_columns(key_) + " FROM " +
                 identifier(carry_.log) + " WHERE seq IN (" + list(some) + ")");
  }

  void forget_keys(const std::string& table) {
    const std::string name = identifier(table);
    session_.run(std::string("DELETE git_rollback_d FROM ") + keys_table +
                 " AS git_rollback_d JOIN " + name + " ON " + same_as_key(name));
  }

  void take_from_aside(const std::string& deletion) {
    carried_.set_aside -=
        session_.run(deletion + " AND git_rollback_reason <> " + literal(overtaken));
  }

  void set_overtaken_aside() {
    const std::string log = identifier(carry_.overtaken_by);
    std::string same;
    for (size_t i = 1; i <= key_.size(); ++i) {
      const std::string column = ".k" + std::to_string(i);
      same += (i == 1 ? "" : " AND ") + log + column + " = git_rollback_d" + column;
    }
    set_aside(log, same, overtaken);
  }

  void set_those_not_for_target_aside() {
    const std::string table = identifier(carry_.not_for_target);
    if (set_aside(table, same_as_key(table), did_not_stay) > 0) {
      note_of_no_row(session_, carry_.log);
    }
  }

  // Rows of which the key is also in that table; returns how many keys these were.
  std::int64_t set_aside(const std::string& table, const std::string& same, const char* reason) {
    const std::string both =
        std::string(keys_table) + " AS git_rollback_d JOIN " + table + " ON " + same;
    stage(session_, rows_table, carry_.projection.from, table_,
          "(SELECT DISTINCT " + log_columns(key_, "git_rollback_d") + " FROM " + both +
              ") AS git_rollback_d STRAIGHT_JOIN " + table_ + " ON " + same_as_key(table_));
    Projection projection = carry_.projection;
    projection.table = rows_table;
    carried_.set_aside +=
        put_aside(session_, {projection, carry_.target, "true", carry_.aside}, reason);
    return session_.run("DELETE git_rollback_d FROM " + both);
  }

  std::string without_those_not_for_target() const {
    if (carry_.not_for_target.empty()) return "";
    const std::string table = identifier(carry_.not_for_target);
    std::string same;
    for (size_t i = 0; i < key_.size(); ++i) {
      same += (i == 0 ? "" : " AND ") + table + "." + identifier(key_[i]) + " = " +
              identifier(carry_.log) + ".k" + std::to_string(i + 1);
    }
    return " AND NOT EXISTS (SELECT 1 FROM " + table + " WHERE " + same + ")";
  }

  // What columns are filled from: a copy, since it can be the target itself.
  void stage_fill(const std::string& from) {
    const std::string name = identifier(projection_.fill);
    stage(session_, fill_table, projection_.to, name, from,
          can_be_indexed(projection_.to) ? projection_.to.key() : std::vector<std::string>{});
    projection_.fill = fill_table;
  }

  static std::string list(Notes some) {
    std::string text;
    for (const Note& note : some) text += (text.empty() ? "" : ",") + note.seq;
    return text;
  }

  // The log's columns are in the order of the key of the table that it stands for.
  std::string same_as_key(const std::string& row) const {
    return same_logged_key(key_, row, "git_rollback_d");
  }

  std::string joined_with_keys(const std::string& table) const {
    return std::string(keys_table) + " AS git_rollback_d STRAIGHT_JOIN " + table + " ON " +
           same_as_key(table);
  }

  std::string without_kept(const std::string& row) const {
    if (carry_.keep_from.empty()) return "";
    const std::string kept = identifier(carry_.keep_from);
    return " WHERE NOT EXISTS (SELECT 1 FROM " + kept + " WHERE " +
           same_key(carry_.projection.to.key(), kept, row) + ")";
  }

  Session& session_;
  const Carry& carry_;
  std::string table_, target_;
  Projection projection_;
  std::vector<std::string> key_;
  bool names_rows_;
  std::string rows_;  // which come, as they are now; empty: those that are staged
  Carried carried_;
};

}  // namespace

Carried carry_over(Session& session, const Carry& carry) {
  if (!carry.in_batch) carries(session);
  Carrier carrier(session, carry);
  const Carried carried = carry.last ? carrier.last() : carrier.follow();
  if (!carry.in_batch) leave_unused(session, {carry.projection.table});
  return carried;
}

}  // namespace rollback::mysql
