#include "part/database/mysql/swap/stranded.h"

#include <algorithm>

#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/swap/incoming.h"

namespace rollback::mysql {
namespace {

constexpr const char* reason = "the row that it refers to did not come along";
constexpr const char* lost_table = "git_rollback_lost_parents";
constexpr const char* found_table = "git_rollback_stranded";

// A key of rows that stay: of a table that comes with today's, else of one that is
// not swapped.
struct Reference {
  const ForeignKey* key;
  std::string child;     // its name
  const Change* change;  // nullptr: it is not swapped
  const Change* parent;
};

bool has_columns(const Definition& definition, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return definition.column(name) != nullptr; });
}

const Change* parent_in(const Plan& plan, const ForeignKey& key) {
  if (!key.parent_schema.empty()) return nullptr;
  const auto found =
      std::find_if(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
        return change.swaps() && change.before && change.after && change.table() == key.parent;
      });
  const bool can = found != plan.changes.end() && has_columns(*found->before, key.parent_columns) &&
                   has_columns(*found->after, key.parent_columns);
  return can ? &*found : nullptr;
}

// What another schema has is not known here.
std::vector<Reference> references(const Plan& plan, const std::string& schema) {
  std::vector<Reference> all;
  for (const Change& change : plan.changes) {
    if (!change.swaps() || !takes_live_rows(change)) continue;
    for (const ForeignKey& key : change.after->foreign_keys) {
      const Change* const parent = parent_in(plan, key);
      if (parent == nullptr || !has_columns(*change.before, key.columns)) continue;
      all.push_back({&key, change.table(), &change, parent});
    }
  }
  for (const OutsideKey& outside : plan.outside_keys) {
    const Change* const parent = parent_in(plan, outside.key);
    if (outside.schema != schema || parent == nullptr) continue;
    all.push_back({&outside.key, outside.table, nullptr, parent});
  }
  return all;
}

class Search {
 public:
  Search(Session& session, Stage stage) : session_(session), stage_(stage) {}

  // Makes the table of what does not come along: whether there is anything.
  bool find_lost(const Reference& reference) {
    const Change& parent = *reference.parent;
    if (parent.if_unwritten) return false;
    const bool is_restored = parent.choice == Choice::restore;
    if (!is_restored && (stage_ == Stage::planned || !has_rows(parent.aside))) return false;
    std::string columns;
    std::string same;
    std::string given;
    const auto& names = reference.key->parent_columns;
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string column = identifier(names[i]);
      columns += (i == 0 ? "l." : ", l.") + column + " AS k" + std::to_string(i + 1);
      same += (i == 0 ? "" : " AND ") + same_value(*parent.after->column(names[i]), "p." + column,
                                                   *parent.before->column(names[i]), "l." + column);
      given += (i == 0 ? "l." : " AND l.") + column + " IS NOT NULL";
    }
    session_.run(std::string("DROP TEMPORARY TABLE IF EXISTS ") + lost_table);
    session_.run(std::string("CREATE TEMPORARY TABLE ") + lost_table +
                 " ENGINE=InnoDB SELECT DISTINCT " + columns + " FROM " +
                 identifier(is_restored ? today(parent) : parent.aside) + " AS l WHERE " + given +
                 " AND NOT EXISTS (SELECT 1 FROM " + identifier(coming(parent)) + " AS p WHERE " +
                 same + ")");
    return count_rows(session_, lost_table) > 0;
  }

  // For a FROM: the rows, under the alias `c`.
  std::string rows(const Reference& reference) const {
    const ForeignKey& key = *reference.key;
    const bool is_today = reference.change == nullptr || stage_ == Stage::planned;
    const std::string child = reference.change == nullptr ? reference.child
                              : is_today                  ? today(*reference.change)
                                                          : coming(*reference.change);
    std::string same;
    for (size_t i = 0; i < key.columns.size(); ++i) {
      const std::string column = "c." + identifier(key.columns[i]);
      const std::string lost = "l.k" + std::to_string(i + 1);
      const Column& parent = *reference.parent->before->column(key.parent_columns[i]);
      same += (i == 0 ? "" : " AND ") +
              (is_today ? column + " = " + lost
                        : same_value(*reference.change->after->column(key.columns[i]), column,
                                     parent, lost));
    }
    return std::string(lost_table) + " AS l JOIN " + identifier(child) + " AS c ON " + same;
  }

  std::int64_t leave(const Reference& reference) {
    const Change& change = *reference.change;
    const auto key = common_key(*change.before, *change.after);
    if (key.empty()) return 0;
    stage(session_, found_table, *change.after, "c", rows(reference));
    const std::int64_t found = count_rows(session_, found_table);
    if (found == 0) return 0;
    const std::string table = identifier(coming(change));
    make_aside(session_, *change.before, change.aside);
    Batch batch(session_);
    put_aside(session_,
              {{*change.before, *change.before, today(change), ""},
               "",
               "EXISTS (SELECT 1 FROM " + std::string(found_table) + " AS s WHERE " +
                   same_key(key, "s", "f") + ")",
               change.aside},
              reason);
    session_.run("DELETE " + table + " FROM " + table + " JOIN " + found_table + " AS s ON " +
                 same_key(key, "s", table));
    batch.commit();
    return found;
  }

 private:
  std::string today(const Change& change) const {
    return stage_ == Stage::live ? change.displaced : change.before->name;
  }
  std::string coming(const Change& change) const {
    if (stage_ == Stage::live) return change.after->name;
    return stage_ == Stage::planned || change.from_backup ? change.source : change.incoming;
  }
  bool has_rows(const std::string& table) const {
    return table_exists(session_, table) && count_rows(session_, table) > 0;
  }

  // Whatever their collations are: the deploy may have changed them.
  static std::string same_value(const Column& one, const std::string& value, const Column& other,
                                const std::string& other_value) {
    if (one.charset == other.charset && one.collation == other.collation) {
      return value + " = " + other_value;
    }
    const auto bytes = [](const std::string& text) {
      return "CAST(CONVERT(" + text + " USING utf8mb4) AS BINARY)";
    };
    return bytes(value) + " = " + bytes(other_value);
  }

  Session& session_;
  Stage stage_;
};

}  // namespace

std::vector<Stranded> find_stranded(Session& session, const Plan& plan, Stage stage) {
  std::vector<Stranded> all;
  Search search(session, stage);
  for (const Reference& reference : references(plan, session.schema())) {
    if (!search.find_lost(reference)) continue;
    const std::int64_t rows = session.number("SELECT count(*) FROM " + search.rows(reference));
    if (rows > 0) all.push_back({reference.child, reference.key->parent, rows});
  }
  return all;
}

std::int64_t leave_stranded(Session& session, const Plan& plan, Stage stage) {
  const auto all = references(plan, session.schema());
  Search search(session, stage);
  std::int64_t left = 0;
  std::int64_t found = 0;
  do {
    found = 0;
    for (const Reference& reference : all) {
      if (reference.change != nullptr && search.find_lost(reference)) {
        found += search.leave(reference);
      }
    }
    left += found;
  } while (found > 0);
  return left;
}

}  // namespace rollback::mysql
