#include "part/database/mysql/swap/orphans.h"

#include <algorithm>

#include "os/counted.h"
#include "os/notice.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/late_rows.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

constexpr const char* deleted = "the row that it refers to was deleted in the moment of the swap";

std::string qualified(const std::string& schema, const std::string& table) {
  return (schema.empty() ? "" : identifier(schema) + ".") + identifier(table);
}

// For a FROM and WHERE: rows `c` that refer to none.
std::string orphans_of(const ForeignKey& key, const std::string& child, const std::string& schema) {
  std::string given;
  std::string same;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const std::string column = "c." + identifier(key.columns[i]);
    given += " AND " + column + " IS NOT NULL";
    same += (i == 0 ? "" : " AND ") + ("p." + identifier(key.parent_columns[i])) + " = " + column;
  }
  return child + " AS c WHERE NOT EXISTS (SELECT 1 FROM " +
         qualified(key.parent_schema.empty() ? schema : key.parent_schema, key.parent) +
         " AS p WHERE " + same + ")" + given;
}

bool deletes(const ForeignKey& key) {
  return key.sql.find("ON DELETE CASCADE") != std::string::npos;
}

bool has_same(const Definition& definition, const ForeignKey& wanted) {
  return std::any_of(definition.foreign_keys.begin(), definition.foreign_keys.end(),
                     [&](const ForeignKey& key) {
                       return key.columns == wanted.columns && key.parent == wanted.parent &&
                              key.parent_columns == wanted.parent_columns;
                     });
}

}  // namespace

std::vector<Orphans> find_orphans(Session& session, const Definition& definition) {
  std::vector<Orphans> all;
  for (const ForeignKey& key : definition.foreign_keys) {
    const std::int64_t rows =
        session.number("SELECT count(*) FROM " + orphans_of(key, identifier(definition.name), ""));
    if (rows > 0) all.push_back({definition.name, key.name, rows});
  }
  return all;
}

OrphanWatch::OrphanWatch(Session& session, Registry& registry, const Plan& plan, bool reverts)
    : session_(session), registry_(registry), plan_(plan), reverts_(reverts) {
  for (const Change& change : plan.changes) {
    if (change.swaps()) watch(change);
  }
  for (const OutsideKey& outside : plan.outside_keys) watch(outside);
}

// To tables that stay: all other keys come along.
void OrphanWatch::watch(const Change& change) {
  const auto& leaves = reverts_ ? change.after : change.before;
  const auto& comes = reverts_ ? change.before : change.after;
  if (!comes) return;
  for (const ForeignKey& key : comes->foreign_keys) {
    const bool inner =
        key.parent_schema.empty() &&
        std::any_of(plan_.changes.begin(), plan_.changes.end(), [&](const Change& one) {
          const auto& parent = reverts_ ? one.before : one.after;
          return one.swaps() && parent && parent->name == key.parent;
        });
    if (inner) continue;
    const bool kept = leaves && change.choice == Choice::keep_all && has_same(*leaves, key) &&
                      !common_key(*leaves, *comes).empty();
    // Of the shape that is live.
    const std::string aside = reverts_ ? change.aside : change.id + "_aside";
    all_.push_back({*comes, "", key, kept ? aside : ""});
  }
}

void OrphanWatch::watch(const OutsideKey& outside) {
  const bool here = outside.schema == session_.schema();
  const auto child = here ? read_definition(session_, outside.table) : std::optional<Definition>();
  const bool kept = child && !child->key().empty();
  Definition named;
  named.name = outside.table;
  all_.push_back({child ? *child : named, here ? "" : outside.schema, outside.key,
                  kept ? names::aside_table(outside.table, plan_.operation) : "", true});
}

// Whether a row of it that is gone was deleted by somebody else.
bool OrphanWatch::has_all_rows(const std::string& parent) const {
  const auto is_empty = [&](const std::string& aside) {
    return !table_exists(session_, aside) || count_rows(session_, aside) == 0;
  };
  return std::any_of(plan_.changes.begin(), plan_.changes.end(), [&](const Change& change) {
    return change.table() == parent && change.choice == Choice::keep_all &&
           is_empty(change.aside) && is_empty(change.id + "_aside");
  });
}

std::string OrphanWatch::known(size_t number) const {
  return "git_rollback_orphans" + std::to_string(number);
}

void OrphanWatch::look() {
  for (size_t i = 0; i < all_.size(); ++i) {
    Watched& one = all_[i];
    const std::string orphans =
        orphans_of(one.key, qualified(one.schema, one.child.name), one.schema);
    // The table of before can lack the column.
    if (one.outside ? !exists(one) : one.aside.empty()) continue;
    std::string columns;
    for (const auto& column : one.child.key()) {
      columns += (columns.empty() ? "c." : ", c.") + identifier(column);
    }
    if (columns.empty()) columns = "1 AS one";
    session_.run("DROP TEMPORARY TABLE IF EXISTS " + identifier(known(i)));
    session_.run("CREATE TEMPORARY TABLE " + identifier(known(i)) + " ENGINE=InnoDB SELECT " +
                 columns + " FROM " + orphans);
    one.before = count_rows(session_, known(i));
  }
  looked_ = true;
}

void OrphanWatch::mend() {
  for (size_t i = 0; i < all_.size(); ++i) {
    const Watched& one = all_[i];
    if (one.outside && !exists(one)) continue;
    try {
      std::int64_t rows =
          session_.number("SELECT count(*) FROM " +
                          orphans_of(one.key, qualified(one.schema, one.child.name), one.schema)) -
          one.before;
      const bool mends = looked_ && !one.aside.empty() && deletes(one.key) &&
                         (!one.outside || has_all_rows(one.key.parent));
      if (rows > 0 && mends) rows -= set_aside(i);
      if (rows > 0) report(one, rows);
    } catch (const ServerError& error) {
      if (error.is_lost_connection()) throw;
      give_notice({"rows of table '" + one.child.name + "' may refer by key '" + one.key.name +
                       "' to rows that are not there: " + error.what(),
                   {}});
    }
  }
}

bool OrphanWatch::exists(const Watched& watched) const {
  return session_.number("SELECT count(*) FROM information_schema.tables WHERE table_schema = " +
                         (watched.schema.empty() ? "database()" : literal(watched.schema)) +
                         " AND table_name = " + literal(watched.child.name)) > 0;
}

std::int64_t OrphanWatch::set_aside(size_t number) {
  const Watched& one = all_[number];
  const std::string staged = "git_rollback_late";
  const std::string table = identifier(one.child.name);
  make_aside(session_, one.child, one.aside);
  stage(session_, staged, one.child, "c",
        orphans_of(one.key, table, "") + " AND NOT EXISTS (SELECT 1 FROM " +
            identifier(known(number)) + " AS k WHERE " + same_key(one.child.key(), "k", "c") + ")");
  Batch batch(session_);
  const std::int64_t rows =
      put_aside(session_, {{one.child, one.child, staged, ""}, "", "true", one.aside}, deleted);
  // As a cascade would: those that refer to them in turn, too; and noted for a revert.
  session_.run("SET SESSION foreign_key_checks = 1, @git_rollback_carries = NULL");
  const auto back = [&] {
    session_.run("SET SESSION foreign_key_checks = 0, @git_rollback_carries = 1");
  };
  try {
    session_.run("DELETE " + table + " FROM " + table + " JOIN " + identifier(staged) +
                 " AS s ON " + same_key(one.child.key(), "s", table));
  } catch (const ServerError&) {
    back();
    throw;
  }
  back();
  batch.commit();
  record_aside(session_, registry_, plan_.operation, one.child.name, one.aside);
  return rows;
}

void OrphanWatch::report(const Watched& watched, std::int64_t rows) const {
  give_notice({counted(rows, "row") + " of table '" + watched.child.name +
                   (rows == 1 ? "' refers" : "' refer") + " by key '" + watched.key.name +
                   "' to rows of table '" + watched.key.parent + "' that are not there",
               {}});
}

}  // namespace rollback::mysql
