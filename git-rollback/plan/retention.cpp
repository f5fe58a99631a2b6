#include "plan/retention.h"

#include <algorithm>
#include <map>

#include "os/bytes_in_words.h"
#include "os/counted.h"
#include "store/names.h"

namespace rollback {
namespace {

// What is still there while the removals are being found, a point at a time.
class Planner {
 public:
  Planner(const Retention& retention, const Holdings& holdings)
      : retention_(retention), holdings_(holdings) {
    for (const auto& point : holdings.unfinished) age_[point] = holdings.points.size();
    for (size_t i = 0; i < holdings.points.size(); ++i) {
      age_[holdings.points[i].id] = i;
      tables_[holdings.points[i].id];
    }
    for (const auto& table : holdings.tables) {
      const auto found = tables_.find(table.point);
      if (found != tables_.end() || holdings.unfinished.count(table.point) != 0) {
        tables_[table.point].push_back(table);
      }
    }
    for (const auto& volume : holdings.volumes) {
      Volume& known = volumes_[volume.id];
      known.total_bytes = volume.total_bytes;
      known.free_bytes = volume.free_bytes;
      known.reusable_bytes += volume.reusable_bytes;
    }
  }

  std::vector<Removal> run() {
    finish_earlier_runs();
    by_age();
    by_number_of_points();
    by_number_of_backups();
    by_bytes();
    by_free_space();
    std::stable_sort(removals_.begin(), removals_.end(), [&](const Removal& a, const Removal& b) {
      return age_.at(a.point) > age_.at(b.point);
    });
    return std::move(removals_);
  }

 private:
  static bool displaced(const std::vector<KeptTable>& tables) {
    return !tables.empty() && !tables.front().operation.empty();
  }

  void remove(Removal::What what, const std::string& point, const std::string& why) {
    auto& tables = tables_[point];
    for (const auto& table : tables) {
      if (const auto volume = volumes_.find(table.volume); volume != volumes_.end()) {
        volume->second.reusable_bytes += table.bytes;
      }
    }
    // A limit that comes later may take the point whose tables are gone already.
    const auto [earlier, first] = removal_of_.emplace(point, removals_.size());
    if (first) {
      removals_.push_back({what, point, std::move(tables), why});
    } else {
      removals_[earlier->second].what = what;
      removals_[earlier->second].why = why;
    }
    tables.clear();
  }

  void remove_tables(const std::string& point, const std::string& why) {
    remove(displaced(tables_[point]) ? Removal::What::displaced : Removal::What::backups, point,
           why);
  }

  void finish_earlier_runs() {
    for (const auto& point : holdings_.unfinished) {
      if (!tables_[point].empty()) {
        remove(Removal::What::rest, point, "an earlier run was stopped before it was done");
      }
    }
  }

  void by_age() {
    if (!retention_.displaced) return;
    for (const auto& point : holdings_.points) {
      const auto& tables = tables_[point.id];
      if (point.tables_needed || !displaced(tables)) continue;
      const auto since = names::time_of_id(tables.front().operation);
      if (!since || holdings_.now - *since <= retention_.displaced->limit) continue;
      remove_tables(point.id, "displaced more than " + retention_.displaced->words + " ago");
    }
  }

  void by_number_of_points() {
    if (!retention_.points) return;
    int seen = 0;
    for (const auto& point : holdings_.points) {
      if (++seen <= *retention_.points || point.needed) continue;
      if (displaced(tables_[point.id])) continue;  // too young, or without a limit
      remove(Removal::What::point, point.id,
             "past the " + counted(*retention_.points, "point") + " kept");
    }
  }

  void by_number_of_backups() {
    if (!retention_.backups) return;
    int seen = 0;
    for (const auto& point : holdings_.points) {
      const auto& tables = tables_[point.id];
      if (tables.empty() || displaced(tables)) continue;
      if (++seen <= *retention_.backups || point.tables_needed) continue;
      remove_tables(point.id, "past the " + counted(*retention_.backups, "backup") + " kept");
    }
  }

  void by_bytes() {
    if (!retention_.max_bytes) return;
    std::int64_t total = 0;
    for (const auto& [point, tables] : tables_) {
      for (const auto& table : tables) total += table.bytes;
    }
    for (auto point = holdings_.points.rbegin(); point != holdings_.points.rend(); ++point) {
      if (total <= retention_.max_bytes->bytes) return;
      if (point->tables_needed || tables_[point->id].empty()) continue;
      for (const auto& table : tables_[point->id]) total -= table.bytes;
      remove_tables(point->id, "all together take more than " + retention_.max_bytes->words);
    }
  }

  bool lacks_space(const Volume& volume) const {
    const auto& wanted = *retention_.min_free;
    const std::int64_t least =
        wanted.percent > 0 ? volume.total_bytes / 100 * wanted.percent : wanted.bytes;
    return volume.free_bytes + volume.reusable_bytes < least;
  }

  void by_free_space() {
    if (!retention_.min_free) return;
    for (auto point = holdings_.points.rbegin(); point != holdings_.points.rend(); ++point) {
      const auto& tables = tables_[point->id];
      if (point->tables_needed) continue;
      const bool helps = std::any_of(tables.begin(), tables.end(), [&](const KeptTable& table) {
        const auto volume = volumes_.find(table.volume);
        return volume != volumes_.end() && lacks_space(volume->second);
      });
      if (helps) {
        remove_tables(point->id, "less than " + retention_.min_free->words + " is free");
      }
    }
  }

  const Retention& retention_;
  const Holdings& holdings_;
  std::map<std::string, std::vector<KeptTable>> tables_;  // by point
  std::map<std::uint64_t, Volume> volumes_;
  // Points of one second are told apart by their chain, not by their names.
  std::map<std::string, size_t> age_;
  std::map<std::string, size_t> removal_of_;  // its place in removals_
  std::vector<Removal> removals_;
};

}  // namespace

std::string Removal::operation() const { return tables.empty() ? "" : tables.front().operation; }

std::int64_t Removal::bytes() const {
  std::int64_t sum = 0;
  for (const auto& table : tables) sum += table.bytes;
  return sum;
}

std::string Removal::words() const {
  std::string text;
  switch (what) {
    case What::point:
      text = "point " + point;
      break;
    case What::backups:
      text = "backups of point " + point;
      break;
    case What::displaced:
      text = "tables displaced by operation " + operation();
      break;
    case What::rest:
      text = "what is left of point " + point;
      break;
  }
  if (!tables.empty()) {
    text += " (" + std::to_string(tables.size()) + (tables.size() == 1 ? " table, " : " tables, ") +
            bytes_in_words(bytes()) + ")";
  }
  return text + ": " + why;
}

std::string Staying::words() const {
  std::string text = counted(points(), "point") + " past the " + std::to_string(limit) + " kept " +
                     (points() == 1 ? "stays: " : "stay: ");
  if (needed > 0) {
    text += std::to_string(needed) +
            " as live's parent, the last stable or on the way to it, or for a deploy that is open "
            "or an undo";
  }
  if (displaced > 0) {
    text += (needed > 0 ? ", " : "") + std::to_string(displaced) +
            " for tables that a rollback displaced";
  }
  return text;
}

Staying points_that_stay(const Retention& retention, const Holdings& holdings,
                         const std::vector<Removal>& removals) {
  Staying staying;
  if (!retention.points) return staying;
  staying.limit = *retention.points;
  std::set<std::string> going;
  for (const Removal& removal : removals) {
    if (removal.what == Removal::What::point) going.insert(removal.point);
  }
  for (size_t i = static_cast<size_t>(staying.limit); i < holdings.points.size(); ++i) {
    const HeldPoint& point = holdings.points[i];
    if (going.contains(point.id)) continue;
    ++(point.needed ? staying.needed : staying.displaced);
  }
  return staying;
}

std::vector<Removal> plan_retention(const Retention& retention, const Holdings& holdings) {
  return Planner(retention, holdings).run();
}

}  // namespace rollback
