#include "part/database/mysql/survey/target.h"

#include <algorithm>

#include "os/counted.h"
#include "os/progress.h"
#include "part/database/mysql/rows/difference.h"
#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/rows/values.h"
#include "part/database/mysql/server/statement_limit.h"
#include "part/database/mysql/survey/baseline.h"
#include "part/database/mysql/survey/members.h"
#include "part/database/mysql/survey/unfit.h"
#include "part/database/mysql/swap/in_place.h"
#include "part/database/mysql/swap/incoming.h"

namespace rollback::mysql {
namespace {

using Clock = std::chrono::steady_clock;

const Change* find_change(const std::optional<Plan>& plan, const std::string& table) {
  if (!plan) return nullptr;
  const auto found = std::find_if(plan->changes.begin(), plan->changes.end(),
                                  [&](const Change& change) { return change.table() == table; });
  return found == plan->changes.end() ? nullptr : &*found;
}

std::string returning_to(Session& session, const Member& member, const Change* left_by) {
  const bool can = left_by != nullptr && takes_live_rows(*left_by) && member.now && member.point &&
                   !common_key(*member.now, member.point->definition).empty();
  return can && table_exists(session, left_by->aside) ? left_by->aside : "";
}

std::uint64_t rows_to_compare(const std::vector<Member>& members) {
  std::uint64_t rows = 0;
  for (const Member& member : members) {
    if (!member.now) continue;
    rows += member.now->rows_estimate;
    if (member.recorded) rows += static_cast<std::uint64_t>(member.recorded->rows);
  }
  return progress_is_heard() ? rows : 0;
}

// Measures one table of the set.
class Measuring {
 public:
  Measuring(Session& session, const Member& member, const std::vector<Member>& members,
            const std::optional<Plan>& left_by, std::optional<Clock::time_point> end)
      : session_(session),
        member_(member),
        members_(members),
        change_(find_change(left_by, member.table)),
        end_(end) {
    facts_.table = member.table;
    facts_.ledger = member.ledger;
    facts_.session = member.session;
    facts_.at_point = member.recorded.has_value();
    facts_.now = member.now.has_value();
    facts_.undo = left_by.has_value();
    facts_.undo_of_keep_all = change_ != nullptr && change_->choice == Choice::keep_all;
  }

  TableFacts run() {
    facts_.refusal = why_not(session_, member_);
    if (facts_.refusal) return facts_;
    if (facts_.at_point) {
      facts_.rows_at_point = member_.point->kind != BackupKind::structure;
      facts_.point_rows = member_.point->rows;
    }
    if (!facts_.now) return facts_;
    if (facts_.at_point) measure_structure();
    measure_rows();
    if (facts_.at_point) measure_unfit();
    if (facts_.at_point) measure_aside();
    if (facts_.structure_same && facts_.rows_at_point) measure_sameness();
    facts_.in_place = can_stay_in_place();
    return facts_;
  }

 private:
  const Definition& now() const { return *member_.now; }
  const Definition& then() const { return member_.point->definition; }

  // The point's rows; empty: there are none.
  std::string backup() const { return facts_.rows_at_point ? member_.point->backup : ""; }

  std::optional<std::chrono::milliseconds> left() const {
    if (!end_) return std::nullopt;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*end_ - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }

  void measure_structure() {
    facts_.structure_same = now().same_structure(then());
    facts_.columns_going = columns_only_in(now(), then());
    facts_.columns_filled = columns_only_in(then(), now());
    facts_.no_keep_all = why_no_keep_all();
    facts_.no_keep_new = why_no_keep_new();
  }

  std::optional<std::string> why_no_keep_all() {
    if (auto reason = why_no_projection(now(), then())) return reason;
    if (facts_.structure_same) return std::nullopt;
    if (now().versioned) return "its history would stay behind";
    if (facts_.columns_filled.empty()) return std::nullopt;
    if (!backup().empty() && common_key(then(), now()).empty()) {
      return "column '" + facts_.columns_filled.front() +
             "' cannot be filled, since its rows have no key in common with the point's";
    }
    const std::string column = column_in_need();
    if (column.empty()) return std::nullopt;
    const auto lacking = count_lacking();
    if (!lacking) {
      return "column '" + column +
             "' needs a value, and which rows have got one could not be"
             " counted in time";
    }
    if (*lacking == 0) return std::nullopt;
    return "column '" + column + "' needs a value, which " + counted(*lacking, "row") +
           (*lacking == 1 ? " has not got" : " have not got");
  }

  // Tables that a key relates are swapped together.
  bool can_stay_in_place() const {
    return facts_.at_point && !facts_.structure_same && !facts_.no_keep_all && facts_.counted &&
           values_go_ == 0 && facts_.returning == 0 && related_to(member_, members_).empty() &&
           alteration(session_.flavour(), now(), then());
  }

  // A column that the point's rows alone can fill; "": none.
  std::string column_in_need() const {
    for (const auto& name : facts_.columns_filled) {
      if (needs_value(*then().column(name))) return name;
    }
    return "";
  }

  std::optional<std::int64_t> count_lacking() {
    return count(count_unfilled({now(), then(), now().name, backup()}));
  }

  std::optional<std::int64_t> count(const std::string& query) try {
    StatementLimit limit(session_, left());
    limit.renew();
    return session_.number(query);
  } catch (const ServerError& error) {
    if (!StatementLimit::is_passed(error)) throw;
    return std::nullopt;
  }

  std::optional<std::string> why_no_keep_new() const {
    if (common_key(now(), then()).empty()) return "they have no key in common";
    if (now().versioned || then().versioned) return "its history would be lost";
    if (const auto other = related_to(member_, members_); !other.empty()) {
      return "it is related to table '" + other + "' by a foreign key";
    }
    if (auto reason = why_no_projection(now(), then())) return reason;
    if (const auto column = column_in_need(); !column.empty()) {
      return "column '" + column + "' needs a value, which new rows have not got";
    }
    return std::nullopt;
  }

  std::optional<Baseline> find_baseline() {
    if (member_.session) return std::nullopt;  // whose rows stay whatever was written
    if (change_ != nullptr) {
      if (auto baseline = after_swap(session_, *change_)) return baseline;
    }
    if (backup().empty()) return std::nullopt;
    return Baseline{then(), {identifier(backup())}};
  }

  void measure_rows() {
    Comparison comparison{.now = now(), .going = facts_.columns_going, .limit = left()};
    if (auto baseline = find_baseline()) {
      comparison.then = std::move(baseline->definition);
      comparison.baseline = std::move(baseline->from);
    }
    if (change_ != nullptr && change_->swaps() && !backup().empty()) {
      comparison.taken = identifier(backup());
      comparison.taken_as = then();
    }
    take(compare_rows(session_, comparison));
  }

  void take(const Difference& difference) {
    facts_.counted = difference.counted;
    facts_.rows =
        difference.counted ? difference.live_rows : static_cast<std::int64_t>(now().rows_estimate);
    facts_.written = difference.inserted + difference.changed;
    facts_.missing = difference.deleted + difference.changed;
    facts_.inserted = difference.inserted;
    values_go_ = difference.going;
    facts_.keep_all_loses = change_ != nullptr ? difference.going_written : difference.going;
    if (member_.session) facts_.written = facts_.inserted = 0;
    facts_.keep_new_loses =
        std::min(facts_.written, difference.changed + difference.going_inserted + difference.taken);
  }

  // Where time is too short, preparing counts them.
  void measure_unfit() {
    if (facts_.structure_same || facts_.no_keep_all) return;
    const std::string condition = unfit(now(), then(), "l");
    if (condition.empty()) return;
    const std::string query =
        "SELECT count(*) FROM " + identifier(now().name) + " AS l WHERE (" + condition + ")";
    facts_.unfit = count(query).value_or(0);
    facts_.keep_all_loses = std::min(facts_.rows, facts_.keep_all_loses + facts_.unfit);
    if (facts_.unfit == 0 || facts_.no_keep_new || backup().empty()) return;
    const auto inserted =
        count(query + " AND NOT EXISTS (SELECT 1 FROM " + identifier(backup()) + " AS p WHERE " +
              same_key(common_key(now(), then()), "p", "l") + ")");
    facts_.keep_new_loses = std::min(facts_.written, facts_.keep_new_loses + inserted.value_or(0));
  }

  // Where no key tells which of those are live again, all of them stay aside.
  void measure_aside() {
    if (change_ == nullptr || facts_.structure_same || !takes_live_rows(*change_)) return;
    if (!table_exists(session_, change_->aside)) return;
    const auto key = common_key(now(), then());
    const auto rows =
        count("SELECT count(*) FROM " + identifier(change_->aside) + " AS s" +
              (key.empty() ? ""
                           : " WHERE NOT EXISTS (SELECT 1 FROM " + identifier(now().name) +
                                 " AS l WHERE " + same_key(key, "l", "s") + ")"));
    facts_.counted = facts_.counted && rows.has_value();
    (key.empty() ? facts_.keep_all_loses : facts_.returning) += rows.value_or(0);
  }

  // For an ordinary point the baseline is the point itself.
  void measure_sameness() {
    facts_.rows_same = facts_.counted && facts_.written == 0 && facts_.missing == 0;
    if (change_ == nullptr || !change_->swaps() || member_.session) return;
    const Difference difference = compare_rows(
        session_,
        {.now = now(), .then = then(), .baseline = {identifier(backup())}, .limit = left()});
    facts_.counted = facts_.counted && difference.counted;
    facts_.rows_same =
        difference.counted && difference.inserted + difference.changed + difference.deleted == 0;
  }

  Session& session_;
  const Member& member_;
  const std::vector<Member>& members_;
  const Change* change_;
  std::optional<Clock::time_point> end_;
  std::int64_t values_go_ = 0;  // rows with a value in a column that goes, whoever put it there
  TableFacts facts_;
};

}  // namespace

Survey survey(Session& session, const Registry& registry, const DatabaseSettings& settings,
              const std::string& point, const std::vector<Backup>& backups,
              std::optional<std::chrono::milliseconds> limit) {
  std::optional<Clock::time_point> end;
  if (limit) end = Clock::now() + *limit;
  std::optional<Plan> left_by;
  if (const auto operation = registry.that_left(point)) left_by = plan_from(operation->plan);
  Survey result{find_members(session, registry, settings, point, backups), {}};
  for (Member& member : result.members) {
    member.returning = returning_to(session, member, find_change(left_by, member.table));
  }
  const Work work("comparing rows", Unit::rows, rows_to_compare(result.members));
  for (const Member& member : result.members) {
    result.facts.push_back(Measuring(session, member, result.members, left_by, end).run());
  }
  return result;
}

}  // namespace rollback::mysql
