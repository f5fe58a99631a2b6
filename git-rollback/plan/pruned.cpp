#include "plan/pruned.h"

#include <nlohmann/json.hpp>

namespace rollback {

Pruned pruned_by(const std::vector<Event>& events) {
  Pruned pruned;
  for (const auto& event : events) {
    if (event.kind != "pruned") continue;
    const auto object = nlohmann::json::parse(event.line, nullptr, false);
    if (!object.is_object()) continue;
    if (const auto point = text_at(object, "point"); !point.empty())
      pruned.points[point] = event.at;
    if (const auto point = text_at(object, "backups_of"); !point.empty())
      pruned.backups[point] = event.at;
    if (const auto release = text_at(object, "release"); !release.empty()) {
      pruned.releases[{text_at(object, "component"), release}] = event.at;
    }
  }
  return pruned;
}

}  // namespace rollback
