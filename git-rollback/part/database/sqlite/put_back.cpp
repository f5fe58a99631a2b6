#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>

#include "os/error.h"
#include "part/database/key_text.h"
#include "part/database/putting_back.h"
#include "part/database/sqlite/pairing.h"
#include "part/database/sqlite/registry.h"
#include "part/database/sqlite/salvage.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

constexpr int primary_code = 0xff;  // of an extended error code

// As it is typed; bytes as hex digits.
std::string shown(const std::string& column) {
  return "CASE typeof(" + column + ") WHEN 'blob' THEN hex(" + column + ") ELSE CAST(" + column +
         " AS TEXT) END";
}

// The chosen rows stand in a temporary table, whose columns have no type, so that
// values are as they were.
class Chosen : public ChosenRows {
 public:
  Chosen(SQLite::Database& db, std::string component, PutBack& result, const PutBackOrder& order,
         size_t place)
      : db_(db),
        component_(std::move(component)),
        result_(result),
        order_(order),
        pairing_(pair_with_live(db, result.from.name, result.from.table)),
        stash_("temp." + identifier("git_rollback_chosen_" + std::to_string(place))) {
    check();
    result_.left_out = pairing_.left_out;
    result_.defaults = pairing_.defaults;
    std::string columns = "n INTEGER PRIMARY KEY";
    for (size_t i = 0; i < pairing_.common.size(); ++i) columns += ", " + name_of(i);
    db_.exec("CREATE TEMP TABLE " + stash_.substr(5) + "(" + columns + ")");
    if (order_.keys.empty()) {
      db_.exec("INSERT INTO " + stash_ + "(" + names() + ") " +
               select_rows(pairing_, list(pairing_.common, "d."), order_.rows));
    }
    if (order_.keys.empty() && order_.rows == SalvageRows::missing) {
      result_.changed = number(db_, count_rows(pairing_, SalvageRows::changed));
    }
    for (const auto& key : order_.keys) choose(key);
  }

  std::int64_t last() override { return number(db_, "SELECT max(n) FROM " + stash_); }

  std::vector<Live> live() override {
    if (pairing_.key.empty()) return {};
    std::string flags;
    for (size_t i = 0; i < pairing_.common.size(); ++i) {
      flags += ", " + same_value(pairing_, pairing_.common[i], "+c." + name_of(i));
    }
    SQLite::Statement query(db_, "SELECT c.n" + flags + " FROM " + stash_ + " AS c JOIN " +
                                     identifier(pairing_.live->name) + " AS l ON " + same_key() +
                                     " ORDER BY c.n");
    std::vector<Live> found;
    while (query.executeStep()) {
      Live live{query.getColumn(0).getInt64(), {}, {}};
      for (size_t i = 0; i < pairing_.common.size(); ++i) {
        const bool same = query.getColumn(static_cast<int>(i) + 1).getInt() != 0;
        if (!same) live.differs.push_back(pairing_.common[i]);
      }
      live.key = key_of(live.number);
      found.push_back(std::move(live));
    }
    return found;
  }

  Written insert(std::int64_t first, std::int64_t last) override {
    const std::string range = " FROM " + stash_ + " WHERE n BETWEEN " + std::to_string(first) +
                              " AND " + std::to_string(last);
    return attempt(number(db_, "SELECT count(*)" + range), [&] {
      return db_.exec("INSERT OR ABORT INTO " + identifier(pairing_.live->name) + "(" +
                      list(pairing_.common, "") + ") SELECT " + names() + range + " ORDER BY n");
    });
  }

  Written overwrite(std::int64_t number) override {
    const std::string of_one = "c.n = " + std::to_string(number) + " AND " + same_key();
    std::string sets;
    for (size_t i = 0; i < pairing_.common.size(); ++i) {
      sets += (i == 0 ? "" : ", ") + identifier(pairing_.common[i]) + " = c." + name_of(i);
    }
    return attempt(1, [&] {
      set_aside(of_one);
      return db_.exec("UPDATE OR ABORT " + identifier(pairing_.live->name) + " AS l SET " + sets +
                      " FROM " + stash_ + " AS c WHERE " + of_one);
    });
  }

  void take_out(std::int64_t first, std::int64_t last) override {
    db_.exec("DELETE FROM " + stash_ + " WHERE n BETWEEN " + std::to_string(first) + " AND " +
             std::to_string(last));
  }

  std::string key_of(std::int64_t number) override {
    std::string columns;
    for (size_t i = 0; i < pairing_.common.size(); ++i) {
      const auto& key = pairing_.key;
      if (key.empty()) columns += (i == 0 ? "" : ", ") + shown(name_of(i));
    }
    for (const auto& name : pairing_.key) {
      columns += (columns.empty() ? "" : ", ") + shown(name_of(place_of(name)));
    }
    SQLite::Statement query(
        db_, "SELECT " + columns + " FROM " + stash_ + " WHERE n = " + std::to_string(number));
    std::vector<std::string> values;
    if (!query.executeStep()) return "";
    for (int i = 0; i < query.getColumnCount(); ++i) {
      values.push_back(query.isColumnNull(i) ? "NULL" : query.getColumn(i).getString());
    }
    return key_text(values);
  }

  bool in_batches() const override { return true; }

  // Once all is done, in the same transaction.
  void record_aside() {
    if (result_.overwritten == 0) return;
    Registry(db_, component_)
        .put(order_.id,
             {result_.from.table, result_.aside, result_.overwritten,
              "it was live, and salvage put a row of " + result_.from.operation + " in its place"});
  }

 private:
  void check() const {
    const SalvageTable& from = result_.from;
    if (!pairing_.live) {
      throw Refused("there is no table '" + from.table + "' in database '" + from.database +
                        "' to put rows back into",
                    {"its rows: git rollback salvage " + from.operation + " --export=sql --table " +
                     from.name});
    }
    if (!pairing_.unknown.empty()) {
      throw Refused("rows of '" + from.name + "' cannot be put back: " + pairing_.unknown);
    }
    if (!order_.keys.empty() && pairing_.key.empty()) {
      throw Refused("table '" + from.table + "' has no primary key by which rows could be named",
                    {"--missing puts back all that are not live"});
    }
  }

  std::string name_of(size_t i) const { return "c" + std::to_string(i + 1); }

  std::string names() const {
    std::string text;
    for (size_t i = 0; i < pairing_.common.size(); ++i) text += (i == 0 ? "" : ", ") + name_of(i);
    return text;
  }

  static std::string list(const std::vector<std::string>& columns, const std::string& alias) {
    std::string text;
    for (const auto& column : columns) {
      text += (text.empty() ? "" : ", ") + alias + identifier(column);
    }
    return text;
  }

  size_t place_of(const std::string& column) const {
    const auto& common = pairing_.common;
    return static_cast<size_t>(std::find(common.begin(), common.end(), column) - common.begin());
  }

  std::string same_key() const {
    std::string terms;
    for (const auto& name : pairing_.key) {
      terms +=
          (terms.empty() ? "l." : " AND l.") + identifier(name) + " = c." + name_of(place_of(name));
    }
    return terms;
  }

  // By what an index finds; else by how values look, since a key may hold bytes, or
  // stand in a table whose columns have no type.
  void choose(const std::string& key) {
    const auto values = values_of_key(key, pairing_.key);
    for (const bool by_look : {false, true}) {
      std::string condition;
      for (size_t i = 0; i < values.size(); ++i) {
        const std::string column = "d." + identifier(pairing_.key[i]);
        const std::string value = "?" + std::to_string(i + 1);
        const std::string looks = "(CAST(" + column + " AS TEXT) = " + value + " OR (typeof(" +
                                  column + ") = 'blob' AND hex(" + column + ") = upper(" + value +
                                  ")))";
        condition +=
            (condition.empty() ? "" : " AND ") + (by_look ? looks : column + " = " + value);
      }
      SQLite::Statement insert(
          db_, "INSERT INTO " + stash_ + "(" + names() + ") SELECT " + list(pairing_.common, "d.") +
                   " FROM " + identifier(pairing_.from.name) + " AS d WHERE " + condition);
      for (size_t i = 0; i < values.size(); ++i) insert.bind(static_cast<int>(i) + 1, values[i]);
      if (insert.exec() > 0) return;
    }
    result_.not_found.push_back(key);
  }

  void set_aside(const std::string& of_one) {
    if (result_.aside.empty()) {
      result_.aside = names::aside_table(result_.from.table, order_.id);
    }
    const auto stored = pairing_.live->stored();
    db_.exec("CREATE TABLE IF NOT EXISTS " + identifier(result_.aside) + "(" + list(stored, "") +
             ")");
    db_.exec("INSERT INTO " + identifier(result_.aside) + " SELECT " + list(stored, "l.") +
             " FROM " + identifier(pairing_.live->name) + " AS l, " + stash_ + " AS c WHERE " +
             of_one);
  }

  // Keys that wait for the end of the transaction would stop all of it there.
  bool leaves_keys_open() const {
    int open = 0, ignored = 0;
    sqlite3_db_status(db_.getHandle(), SQLITE_DBSTATUS_DEFERRED_FKS, &open, &ignored, 0);
    return open != 0;
  }

  template <class Work>
  Written attempt(std::int64_t rows, const Work& work) {
    if (rows == 0) return {};
    db_.exec("SAVEPOINT git_rollback_row");
    std::string unfit;
    try {
      const int written = work();
      if (leaves_keys_open()) {
        unfit = "FOREIGN KEY constraint failed";
      } else if (written != rows) {
        unfit = "a trigger of the table passes over it";
      }
    } catch (const SQLite::Exception& error) {
      const int code = error.getErrorCode() & primary_code;
      if (code != SQLITE_CONSTRAINT && code != SQLITE_MISMATCH && code != SQLITE_TOOBIG) throw;
      unfit = error.what();
    }
    if (sqlite3_get_autocommit(db_.getHandle()) != 0) {
      throw Refused("a trigger of table '" + result_.from.table +
                    "' took all of it back: " + unfit);
    }
    if (unfit.empty()) {
      db_.exec("RELEASE git_rollback_row");
      return {rows, std::nullopt};
    }
    db_.exec("ROLLBACK TO git_rollback_row; RELEASE git_rollback_row");
    return {0, unfit};
  }

  SQLite::Database& db_;
  std::string component_;
  PutBack& result_;
  const PutBackOrder& order_;
  Pairing pairing_;
  std::string stash_;
};

}  // namespace

std::vector<PutBack> put_back(const Location& location, const std::string& component,
                              const std::vector<SalvageTable>& tables, const PutBackOrder& order) {
  const Connection db = open(location, Access::write);
  db->exec("PRAGMA foreign_keys=ON");
  Transaction transaction(*db, Transaction::Kind::write);
  std::vector<PutBack> results;
  results.reserve(tables.size());
  std::vector<std::unique_ptr<Chosen>> chosen;
  std::vector<Putting> puttings;
  for (const auto& table : tables) {
    results.push_back({.from = table});
    try {
      chosen.push_back(
          std::make_unique<Chosen>(*db, component, results.back(), order, chosen.size()));
      puttings.push_back({results.back(), *chosen.back()});
    } catch (const Refused& error) {
      if (tables.size() == 1) throw;
      if (table.rows > 0) results.back().refusal = error.what();
    }
  }
  put_rows_back(puttings, order.overwrite);
  if (order.dry_run) return results;
  for (const auto& one : chosen) one->record_aside();
  transaction.commit();
  return results;
}

}  // namespace rollback::sqlite
