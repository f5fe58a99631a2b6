#include "part/database/sqlite/stranded.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <map>
#include <utility>

#include "os/counted.h"
#include "os/error.h"
#include "part/database/sqlite/connection.h"
#include "part/database/table_pattern.h"

namespace rollback::sqlite {
namespace {

enum class Time { point, today };

// A table of the database as it will be.
struct Coming {
  std::string name;
  std::string rows;           // the table that has them now
  std::string rows_of_point;  // empty: none that is known
  std::string rows_of_today;  // empty: it is not there today
  Time time = Time::today;
  std::string sql = {};  // empty: as it is today
  std::vector<std::string> key = {};
};

struct ForeignKey {
  std::string parent;
  std::vector<std::string> columns, parent_columns;  // these may be empty: the parent's key
};

std::vector<Coming> all_coming(SQLite::Database& db, const Plan& plan) {
  std::vector<Coming> all;
  const auto changed = [&](const std::string& table) {
    return std::any_of(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
      return change.swaps() && same_name(change.table(), table);
    });
  };
  for (const Change& change : plan.changes) {
    if (!change.swaps() || !change.after) continue;
    all.push_back({change.table(), change.incoming, change.source.table,
                   change.before ? change.before->name : "",
                   change.choice == Choice::restore ? Time::point : Time::today, change.after->sql,
                   change.after->primary_key()});
  }
  for (const Listed& listed : list_tables(db)) {
    if (listed.type != "table" || changed(listed.name)) continue;
    const auto definition = read_definition(db, listed.name);
    if (!definition) continue;
    std::string point;
    for (const Change& change : plan.changes) {
      if (same_name(change.table(), listed.name)) point = change.source.table;
    }
    all.push_back({.name = listed.name,
                   .rows = listed.name,
                   .rows_of_point = point,
                   .rows_of_today = listed.name,
                   .key = definition->primary_key()});
  }
  return all;
}

std::vector<ForeignKey> keys_of(SQLite::Database& db, const Coming& table) {
  const Connection scratch = table.sql.empty() ? nullptr : open_scratch();
  if (scratch) scratch->exec(table.sql);
  SQLite::Statement query(scratch ? *scratch : db,
                          "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?)"
                          " ORDER BY id, seq");
  query.bind(1, table.name);
  std::map<int, ForeignKey> keys;
  while (query.executeStep()) {
    ForeignKey& key = keys[query.getColumn(0).getInt()];
    key.parent = query.getColumn(1).getString();
    key.columns.push_back(query.getColumn(2).getString());
    if (!query.getColumn(3).isNull()) key.parent_columns.push_back(query.getColumn(3).getString());
  }
  std::vector<ForeignKey> list;
  for (auto& [id, key] : keys) list.push_back(std::move(key));
  return list;
}

std::int64_t count_stranded(SQLite::Database& db, const Coming& child, const Coming& parent,
                            const ForeignKey& key) {
  const std::string& then = child.time == Time::today ? parent.rows_of_today : parent.rows_of_point;
  if (then.empty()) return 0;
  std::string same;
  std::string columns;
  std::string parent_columns;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const std::string column = "c." + identifier(key.columns[i]);
    const std::string parent_column = "p." + identifier(key.parent_columns[i]);
    same += (i == 0 ? "" : " AND ") + parent_column + " = " + column;
    columns += (i == 0 ? "" : ", ") + column;
    parent_columns += (i == 0 ? "" : ", ") + parent_column;
  }
  // The one by an index; a backup has none, and is read once.
  return number(db, "SELECT count(*) FROM " + identifier(child.rows) +
                        " AS c WHERE NOT EXISTS (SELECT 1 FROM " + identifier(parent.rows) +
                        " AS p WHERE " + same + ") AND (" + columns + ") IN (SELECT " +
                        parent_columns + " FROM " + identifier(then) + " AS p)");
}

}  // namespace

void require_none_stranded(SQLite::Database& db, const Plan& plan) {
  const auto all = all_coming(db, plan);
  for (const Coming& child : all) {
    for (ForeignKey& key : keys_of(db, child)) {
      const auto parent = std::find_if(all.begin(), all.end(), [&](const Coming& table) {
        return same_name(table.name, key.parent);
      });
      if (parent == all.end() || parent->time == child.time) continue;
      if (key.parent_columns.empty()) key.parent_columns = parent->key;
      if (key.parent_columns.size() != key.columns.size()) continue;
      const std::int64_t rows = count_stranded(db, child, *parent, key);
      if (rows == 0) continue;
      throw Refused(counted(rows, "row") + " of table '" + child.name +
                        "' would refer to rows of '" + parent->name + "' that do not come along",
                    {"take the rows of both from one time, by --rows or by `rows:`"});
    }
  }
}

}  // namespace rollback::sqlite
