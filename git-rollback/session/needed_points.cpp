#include "session/needed_points.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace rollback {
namespace {

using nlohmann::json;

void need_last_stable(const Standing& standing, int min_score, NeededPoints& needed) {
  const Pruned pruned = pruned_in(standing);
  std::vector<std::string> way;
  std::set<std::string> seen;
  for (std::string id = standing.live.parent; !id.empty() && seen.insert(id).second;) {
    const auto point = standing.index.point(standing.environment, id);
    if (!point) return;
    way.push_back(id);
    if (standing.judge_point(*point, min_score).verdict == Verdict::stable) {
      needed.tables.insert(id);
      if (pruned.backups.count(id) == 0) {
        needed.last_stable = id;
        needed.points.insert(way.begin(), way.end());
        return;
      }
    }
    id = point->parent;
  }
}

// An undo returns to what its rollback left, and counts the rows written since
// against the backup that the rollback put there.
void need_for_undo(const Standing& standing, NeededPoints& needed) {
  for (const auto& record : standing.index.live_chain(standing.environment)) {
    if (record.operation.empty()) break;  // a deploy: what was before it is not undone
    for (const auto& event :
         standing.index.events_of_operation(standing.environment, record.operation)) {
      if (event.kind != "rollback" && event.kind != "undo") continue;
      const json object = json::parse(event.line, nullptr, false);
      needed.tables.insert(text_at(object, "left"));
      needed.tables.insert(text_at(object, "to"));
    }
  }
}

}  // namespace

Pruned pruned_in(const Standing& standing) {
  return pruned_by(standing.index.events_of_kind(standing.environment, "pruned"));
}

NeededPoints needed_points(const Standing& standing, int min_score) {
  NeededPoints needed;
  needed.parent = standing.live.parent;
  needed.tables.insert(standing.live.parent);
  if (standing.has_live()) needed.tables.insert(standing.recorded->parent);
  need_last_stable(standing, min_score, needed);
  need_for_undo(standing, needed);
  needed.tables.erase("");
  needed.points.insert(needed.tables.begin(), needed.tables.end());
  return needed;
}

}  // namespace rollback
