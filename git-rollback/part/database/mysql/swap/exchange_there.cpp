#include <map>
#include <optional>

#include "os/error.h"
#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/rows/fitting.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/swap/emptied.h"
#include "part/database/mysql/swap/exchange.h"
#include "part/database/mysql/swap/from_backup.h"
#include "part/database/mysql/swap/incoming.h"
#include "part/database/mysql/swap/returned.h"

namespace rollback::mysql {
namespace {

class There : public Exchange {
 public:
  There(Session& session, const Place& place, const Plan& plan)
      : Exchange(session, place, plan, Way::there) {
    for (Turn& turn : turns_) {
      const Change& change = *turn.change;
      if (!takes_live_rows(change)) continue;
      turn.has_aside = true;
      if (change.choice == Choice::keep_new) turn.kept = {change.source};
      if (!turn.kept.empty() || !carry_of(change).projection.fill.empty()) {
        turn.read = {change.source};
      }
      if (change.returning.empty() || !table_exists(session_, returned(change))) continue;
      turn.kept.push_back(returned(change));
      turn.read.push_back(returned(change));
    }
  }

 private:
  void require_known_keys() override {
    const auto now = keys_to(session_, plan_);
    if (now && now == keys_seen_) return;
    for (const OutsideKey& key : unknown_keys(session_, plan_)) {
      throw Refused(
          "table '" + key.table + "' got a foreign key to table '" + key.key.parent + "' meanwhile",
          {"run the command again"});
    }
    keys_seen_ = now;
  }

  void before_catching_up() override {
    leave_to_live_rows(session_, plan_);
    for (const Turn& turn : turns_) {
      const Change& change = *turn.change;
      if (change.choice == Choice::restore) refill_if_touched(change);
      if (change.choice == Choice::keep_new) refill_with_points_rows(change);
    }
  }

  // As after a swap that was taken back: the point's rows were written to.
  void refill_if_touched(const Change& change) {
    if (!is_logged(session_, change.after_log())) return;
    if (change.from_backup) return restore_backup(session_, change);
    refill_incoming(session_, change);
    session_.run("DELETE FROM " + identifier(change.after_log()));
  }

  void refill_with_points_rows(const Change& change) {
    if (!has_note_of_no_row(session_, change.after_log())) return;
    const Carry carry = carry_of(change);
    session_.run("TRUNCATE TABLE " + identifier(change.incoming));
    fill(session_, {carry.projection, change.incoming, carry.keep_from, change.aside});
    session_.run("DELETE FROM " + identifier(change.after_log()));
  }

  void after_catching_up() override {
    leave_orphans(session_, plan_, false);
    record_storage(session_, registry_, plan_);
  }

  void after_renaming() override {
    leave_orphans(session_, plan_, true);
    record_orphans(session_, registry_, plan_);
  }

  Carry carry(const Turn& turn) const override { return carry_of(*turn.change); }

  void before_bringing() override {
    lost_ = plan_.rows_lost + set_aside_;
    late_ = 0;
    std::vector<std::string> tables;
    for (const Turn& turn : turns_) {
      const bool asked = takes_live_rows(*turn.change) || turn.change->if_unwritten;
      if (asked && !turn.change->storage.empty()) tables.push_back(turn.leaves->name);
    }
    storages_ = storages_of(session_, tables);
  }

  void bring_last(const Turn& turn, bool logged) override {
    const Change& change = *turn.change;
    if (takes_live_rows(change)) {
      Carry carry = carry_of(change);
      carry.last = true;
      carry.in_batch = true;
      if (logged) late_ += carry_over(session_, carry).set_aside;
      require_not_emptied(change);
    } else {
      lost_ += count_late(change, logged);
    }
    const std::int64_t lost = lost_ + late_;
    if (lost > plan_.rows_lost && lost > plan_.loss_limit) refuse_written(change);
  }

  // It stays so where the RENAME is tried again.
  void after_bringing() override { set_aside_ += late_; }

  // Of rows that do not come along.
  std::int64_t count_late(const Change& change, bool logged) {
    if (change.if_unwritten) require_not_emptied(change);
    if (change.ledger || !logged) return 0;
    if (change.if_unwritten) refuse_written(change);
    return count_logged(session_, *change.before, change.before_log());
  }

  // TRUNCATE and what is done to partitions fire no trigger. Where the storage is not
  // known: the first and the last row are there, or it was emptied.
  void require_not_emptied(const Change& change) {
    const std::string& table = change.before->name;
    const auto storage = storages_.find(table);
    if (storage != storages_.end()) {
      if (storage->second != change.storage) refuse_changed(change, "emptied or rebuilt");
      return;
    }
    if (change.choice != Choice::keep_all || !change.returning.empty()) return;
    const auto key = common_key(*change.before, *change.after);
    if (key.empty()) return;
    const std::string live = identifier(table);
    for (const char* const direction : {"", " DESC"}) {
      std::string columns;
      std::string order;
      for (const auto& column : key) {
        columns += (columns.empty() ? "" : ", ") + identifier(column);
        order += (order.empty() ? " ORDER BY " : ", ") + identifier(column) + direction;
      }
      if (session_.number("SELECT count(*) FROM (SELECT " + columns + " FROM " +
                          identifier(change.incoming) + order +
                          " LIMIT 1) AS git_rollback_i WHERE NOT EXISTS (SELECT 1 FROM " + live +
                          " WHERE " + same_key(key, "git_rollback_i", live) + ")") != 0) {
        refuse_changed(change, "emptied or rebuilt");
      }
    }
  }

  // Of other choices, what was written stays in the displaced table.
  void bring_late(const Turn& turn) override {
    if (takes_live_rows(*turn.change)) carry_late(turn);
  }

  std::optional<std::string> keys_seen_;
  std::map<std::string, std::string> storages_;
  std::int64_t lost_ = 0;
  std::int64_t late_ = 0, set_aside_ = 0;  // by this try, by all
};

}  // namespace

std::unique_ptr<Exchange> exchange_there(Session& session, const Place& place, const Plan& plan) {
  return std::make_unique<There>(session, place, plan);
}

}  // namespace rollback::mysql
