#include "part/database/sqlite/target.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "os/counted.h"
#include "part/database/sqlite/connection.h"
#include "part/database/sqlite/projection.h"
#include "part/database/sqlite/rows.h"
#include "part/database/table_pattern.h"
#include "store/names.h"

namespace rollback::sqlite {
namespace {

// The rows as they were when the point became the way back.
struct Baseline {
  Definition definition;
  Source source;
  std::optional<Projection> projection = {};  // instead of the source

  std::string select(const std::vector<std::string>& columns) const {
    if (!projection) return select_columns(definition, source, columns);
    Projection projected = *projection;
    projected.columns = columns;
    return select_projected(projected);
  }
};

const Change* find_change(const std::optional<Plan>& plan, const std::string& table) {
  if (!plan) return nullptr;
  for (const Change& change : plan->changes) {
    if (same_name(change.table(), table)) return &change;
  }
  return nullptr;
}

bool has_source(SQLite::Database& db, const Source& source) {
  return !source.table.empty() && table_exists(db, source.table);
}

std::optional<Baseline> after_swap(SQLite::Database& db, const Change& change) {
  if (!change.after || !change.swaps()) return std::nullopt;
  if (change.choice == Choice::restore) {
    if (!has_source(db, change.source)) return std::nullopt;
    return Baseline{*change.after, change.source};
  }
  if (change.choice != Choice::keep_all || !table_exists(db, change.displaced)) return std::nullopt;
  Projection projection{*change.before, *change.after, change.displaced, {}};
  if (has_source(db, change.source)) projection.fill = change.source;
  return Baseline{*change.after, {}, projection};
}

std::optional<Baseline> find_baseline(SQLite::Database& db, const Member& member,
                                      const Change* change) {
  if (change) {
    if (auto baseline = after_swap(db, *change)) return baseline;
  }
  if (!member.point || member.point->kind == BackupKind::structure) return std::nullopt;
  return Baseline{member.point->definition, source_of(*member.point)};
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return same_name(other, name); });
}

// Live columns: those which the baseline has, in its order, then the others.
Comparison make_comparison(const Definition& now, const std::optional<Baseline>& baseline,
                           const std::vector<std::string>& going) {
  Comparison comparison;
  std::vector<std::string> columns;
  std::vector<std::string> common;
  if (baseline) {
    for (const auto& name : baseline->definition.stored()) {
      if (contains(now.stored(), name)) common.push_back(name);
    }
  }
  columns = common;
  for (const auto& name : now.stored()) {
    if (!contains(columns, name)) columns.push_back(name);
  }
  comparison.common = static_cast<int>(common.size());
  comparison.live = select_columns(now, {now.name, false}, columns);
  if (baseline) comparison.baseline = baseline->select(common);
  for (const auto& name : columns) {
    comparison.defaults.push_back(default_literal(*now.column(name)));
    comparison.going.push_back(contains(going, name));
  }
  return comparison;
}

std::optional<std::string> why_no_rows(SQLite::Database& db, const Member& member) {
  const std::string name = "the backup of table '" + member.table + "'";
  if (!member.point) return name + " is not in the database's registry";
  if (!member.point->complete) return name + " is not complete";
  const std::string& backup = member.point->backup;
  if (backup != member.recorded->backup) return name + " is not the one that the point names";
  if (!backup.empty() && !table_exists(db, backup)) {
    return name + ", '" + backup + "', is gone";
  }
  return std::nullopt;
}

std::optional<std::string> why_not(SQLite::Database& db, const Member& member) {
  if (!member.type.empty() && member.type != "table") {
    return "'" + member.table + "' is a " +
           (member.type == "view" ? "view" : member.type + " table") +
           ", which cannot be rolled back; leave it out of `tables:`";
  }
  if (member.now) {
    if (auto reason = why_not_movable(*member.now)) return reason;
  }
  if (!member.recorded) return std::nullopt;
  if (auto reason = why_no_rows(db, member)) return reason;
  return why_not_movable(member.point->definition);
}

void measure_keep_all(SQLite::Database& db, const Member& member, TableFacts& facts) {
  const Definition& now = *member.now;
  const Definition& then = member.point->definition;
  facts.columns_going = columns_only_in(now, then);
  facts.columns_filled = columns_only_in(then, now);
  facts.no_keep_all = why_no_projection(now, then);
  if (facts.no_keep_all) return;
  for (const auto& name : facts.columns_filled) {
    const Column& column = *then.column(name);
    if (!column.not_null || default_literal(column) != "NULL") continue;
    const Projection projection{now, then, now.name, source_of(*member.point)};
    const std::int64_t lacking = number(db, count_unfilled(projection));
    if (lacking == 0) continue;
    facts.no_keep_all = "column '" + name + "' needs a value, which " + counted(lacking, "row") +
                        (lacking == 1 ? " has not got" : " have not got");
  }
}

void measure_rows(SQLite::Database& db, const Member& member, const Change* change,
                  TableFacts& facts) {
  const auto baseline = find_baseline(db, member, change);
  const Difference difference =
      compare_rows(db, make_comparison(*member.now, baseline, facts.columns_going));
  facts.rows = difference.live_rows;
  facts.written = difference.written;
  facts.missing = difference.missing;
  facts.keep_all_loses = change ? difference.going_written : difference.going;
}

}  // namespace

Source source_of(const Entry& entry) { return {entry.backup, entry.kind == BackupKind::copy}; }

std::vector<Member> find_members(SQLite::Database& db, const Registry& registry,
                                 const DatabaseSettings& settings, const std::string& point,
                                 const std::vector<Backup>& backups) {
  std::vector<Member> members;
  const auto entries = registry.of_point(point);
  for (const Backup& backup : backups) {
    Member member{.table = backup.table, .type = "", .recorded = backup};
    for (const Entry& entry : entries) {
      if (entry.table == backup.table) member.point = entry;
    }
    members.push_back(std::move(member));
  }
  for (const Listed& listed : list_tables(db)) {
    auto found = std::find_if(members.begin(), members.end(), [&](const Member& member) {
      return same_name(member.table, listed.name);
    });
    if (found == members.end()) {
      if (!is_in_set(settings, listed.name)) continue;
      if (listed.type != "table") continue;  // views and virtual tables stay as they are
      found = members.insert(members.end(), Member{.table = listed.name});
    }
    found->type = listed.type;
    if (listed.type == "table") found->now = read_definition(db, listed.name);
  }
  for (Member& member : members) {
    member.ledger = is_meant(settings.ledger, member.table);
    member.session = is_meant(settings.sessions, member.table);
  }
  return members;
}

TableFacts measure(SQLite::Database& db, const Member& member, const std::optional<Plan>& left_by) {
  TableFacts facts;
  facts.table = member.table;
  facts.ledger = member.ledger;
  facts.at_point = member.recorded.has_value();
  facts.now = member.now.has_value();
  facts.session = member.session;
  facts.no_keep_new = "keep_new is not built yet for SQLite";
  facts.undo = left_by.has_value();
  const Change* const change = find_change(left_by, member.table);
  facts.undo_of_keep_all = change && change->choice == Choice::keep_all;
  facts.refusal = why_not(db, member);
  if (facts.refusal) return facts;
  if (facts.at_point) {
    facts.rows_at_point = member.point->kind != BackupKind::structure;
    facts.point_rows = member.point->rows;
  }
  if (!facts.now) return facts;
  if (facts.at_point) {
    facts.structure_same = member.now->same_structure(member.point->definition);
    measure_keep_all(db, member, facts);
  }
  measure_rows(db, member, change, facts);
  if (facts.structure_same && facts.rows_at_point) {
    // For an ordinary point the baseline is the point itself.
    facts.rows_same = facts.written == 0 && facts.missing == 0;
    if (change && change->swaps()) {
      const Baseline target{member.point->definition, source_of(*member.point)};
      const Difference difference = compare_rows(db, make_comparison(*member.now, target, {}));
      facts.rows_same = difference.written == 0 && difference.missing == 0;
    }
  }
  return facts;
}

}  // namespace rollback::sqlite
