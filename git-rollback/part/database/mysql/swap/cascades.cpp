#include "part/database/mysql/swap/cascades.h"

#include <algorithm>
#include <boost/algorithm/string/join.hpp>
#include <map>

#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/rows/projection.h"

namespace rollback::mysql {
using boost::algorithm::join;
namespace {

// Temporary tables, since LOCK TABLES allows no table to be named twice.
constexpr const char* found_table = "git_rollback_found";
constexpr const char* noted_table = "git_rollback_noted";
constexpr const char* parents_table = "git_rollback_parents";

// A value that any other can be compared with, whatever their collations are.
std::string comparable(const Definition& definition, const std::string& table,
                       const std::string& column) {
  const std::string value = table + "." + identifier(column);
  const Column* const found = definition.column(column);
  if (found == nullptr || found->charset.empty()) return value;
  return "CAST(CONVERT(" + value + " USING utf8mb4) AS BINARY)";
}

class Noting {
 public:
  Noting(Session& session, const std::vector<Followed>& tables, const Followed& child)
      : session_(session),
        tables_(tables),
        child_(child),
        key_(common_key(child.from, child.to)),
        table_(identifier(child.table)),
        target_(identifier(child.target)) {}

  bool can_have_any() const {
    return !child_.target.empty() && std::any_of(child_.from.foreign_keys.begin(),
                                                 child_.from.foreign_keys.end(), is_cascading);
  }

  std::int64_t compare() {
    if (key_.empty()) return note_something();
    find(target_ + otherwise_now());
    return note();
  }

  void compare_keys() {
    if (key_.empty()) {
      note_something();
      return;
    }
    find(target_ + lacking_in(table_, target_));
    note();
    find(table_ + lacking_in(target_, table_), table_);
    note();
  }

  // `compared`: whether nothing can be found by comparing; it stays so.
  std::int64_t follow_logs(bool& compared) {
    std::int64_t noted = 0;
    for (const ForeignKey& key : child_.from.foreign_keys) {
      if (!is_cascading(key)) continue;
      const Followed* const parent = parent_of(key);
      if (parent != nullptr && !is_logged(session_, parent->log)) continue;
      if (parent != nullptr && can_be_followed(key, *parent)) {
        noted += follow(key, *parent);
      } else if (!compared) {
        compared = true;
        noted += compare();
      }
    }
    return noted;
  }

 private:
  static bool is_cascading(const ForeignKey& key) { return key.cascades; }

  const Followed* parent_of(const ForeignKey& key) const {
    if (!key.parent_schema.empty()) return nullptr;
    const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const Followed& one) {
      return one.from.name == key.parent && !one.log.empty();
    });
    return found == tables_.end() ? nullptr : &*found;
  }

  // The log names the parent's rows by what the key refers to, and the target has
  // the columns that refer.
  bool can_be_followed(const ForeignKey& key, const Followed& parent) const {
    auto referred = key.parent_columns;
    auto logged = parent.from.key();
    std::sort(referred.begin(), referred.end());
    std::sort(logged.begin(), logged.end());
    return !key_.empty() && referred == logged &&
           std::all_of(key.columns.begin(), key.columns.end(), [&](const std::string& column) {
             return child_.to.column(column) != nullptr;
           });
  }

  std::int64_t follow(const ForeignKey& key, const Followed& parent) {
    const auto logged = parent.from.key();
    session_.run(std::string("DROP TEMPORARY TABLE IF EXISTS ") + parents_table);
    session_.run(std::string("CREATE TEMPORARY TABLE ") + parents_table +
                 " ENGINE=InnoDB SELECT DISTINCT " + log_columns(logged) + " FROM " +
                 identifier(parent.log));
    std::vector<std::string> same;
    for (size_t i = 0; i < key.columns.size(); ++i) {
      const auto at = std::find(logged.begin(), logged.end(), key.parent_columns[i]);
      same.push_back(target_ + "." + identifier(key.columns[i]) + " = git_rollback_d.k" +
                     std::to_string(at - logged.begin() + 1));
    }
    find(std::string(parents_table) + " AS git_rollback_d STRAIGHT_JOIN " + target_ + " ON " +
         join(same, " AND ") + otherwise_now());
    return note();
  }

  // Rows of the target that are gone, or refer to another row.
  std::string otherwise_now() const {
    return " LEFT JOIN " + table_ + " ON " + same_key(key_, target_, table_) + " WHERE (" + table_ +
           "." + identifier(key_[0]) + " IS NULL" + differing() + ")" + not_kept(target_);
  }

  std::string lacking_in(const std::string& other, const std::string& row) const {
    return " LEFT JOIN " + other + " ON " + same_key(key_, row, other) + " WHERE " + other + "." +
           identifier(key_[0]) + " IS NULL" + not_kept(row);
  }

  // Of the columns that a cascade writes.
  std::string differing() const {
    std::string terms;
    for (const ForeignKey& key : child_.from.foreign_keys) {
      for (const std::string& column : key.columns) {
        if (!key.cascades || child_.to.column(column) == nullptr) continue;
        terms += " OR NOT (" + comparable(child_.from, table_, column) + " <=> " +
                 comparable(child_.to, target_, column) + ")";
      }
    }
    return terms;
  }

  std::string not_kept(const std::string& row) const {
    std::string terms;
    for (const std::string& table : child_.keep_from) {
      const std::string kept = identifier(table);
      terms +=
          " AND NOT EXISTS (SELECT 1 FROM " + kept + " WHERE " + same_key(key_, kept, row) + ")";
    }
    return terms;
  }

  void find(const std::string& from) { find(from, target_); }

  void find(const std::string& from, const std::string& row) {
    std::vector<std::string> columns;
    for (size_t i = 0; i < key_.size(); ++i) {
      columns.push_back(row + "." + identifier(key_[i]) + " AS k" + std::to_string(i + 1));
    }
    session_.run(std::string("DROP TEMPORARY TABLE IF EXISTS ") + found_table);
    session_.run(std::string("CREATE TEMPORARY TABLE ") + found_table +
                 " ENGINE=InnoDB SELECT DISTINCT " + join(columns, ", ") + " FROM " + from);
  }

  // What was found and does not stand in the log.
  std::int64_t note() {
    const std::string columns = log_columns(key_);
    session_.run(std::string("DROP TEMPORARY TABLE IF EXISTS ") + noted_table);
    session_.run(std::string("CREATE TEMPORARY TABLE ") + noted_table + indexed() +
                 " ENGINE=InnoDB SELECT DISTINCT " + columns + " FROM " + identifier(child_.log));
    std::vector<std::string> same;
    for (size_t i = 1; i <= key_.size(); ++i) {
      const std::string column = ".k" + std::to_string(i);
      same.push_back("n" + column + " = f" + column);
    }
    return session_.run("INSERT INTO " + identifier(child_.log) + " (" + columns + ") SELECT " +
                        log_columns(key_, "f") + " FROM " + found_table +
                        " AS f WHERE NOT EXISTS (SELECT 1 FROM " + noted_table + " AS n WHERE " +
                        join(same, " AND ") + ")");
  }

  std::string indexed() const {
    const bool can_be = std::none_of(key_.begin(), key_.end(), [&](const std::string& name) {
      const std::string& type = child_.from.column(name)->type;
      return type.ends_with("text") || type.ends_with("blob");
    });
    return can_be ? " (INDEX (" + log_columns(key_) + "))" : "";
  }

  // Without a key all is carried over when anything was written.
  std::int64_t note_something() {
    if (is_logged(session_, child_.log)) return 0;
    return session_.run("INSERT INTO " + identifier(child_.log) + " () VALUES ()");
  }

  Session& session_;
  const std::vector<Followed>& tables_;
  const Followed& child_;
  std::vector<std::string> key_;
  std::string table_, target_;
};

}  // namespace

void note_what_only_one_has(Session& session, const Followed& table) {
  Noting(session, {}, table).compare_keys();
}

void note_all_cascades(Session& session, const std::vector<Followed>& tables) {
  for (const Followed& child : tables) {
    Noting noting(session, tables, child);
    if (noting.can_have_any()) noting.compare();
  }
}

// A cascade's cascades, too: what is noted of one table is a parent's log for the next.
void note_new_cascades(Session& session, const std::vector<Followed>& tables, bool logged_only) {
  std::map<std::string, bool> compared;
  for (const Followed& child : tables) compared[child.table] = logged_only;
  for (std::int64_t noted = 1; noted > 0;) {
    noted = 0;
    for (const Followed& child : tables) {
      Noting noting(session, tables, child);
      if (noting.can_have_any()) noted += noting.follow_logs(compared[child.table]);
    }
  }
}

}  // namespace rollback::mysql
