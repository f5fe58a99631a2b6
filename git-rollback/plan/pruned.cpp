#include "plan/pruned.h"

#include <nlohmann/json.hpp>

namespace rollback {

Pruned pruned_by(const std::vector<Event>& events) {
  Pruned pruned;
  for (const auto& event : events) {
    if (event.kind != "pruned") continue;
    const auto object = nlohmann::json::parse(event.line, nullptr, false);
    const auto text = [&](const char* key) -> std::string {
      const auto found = object.find(key);
      return found != object.end() && found->is_string() ? found->get<std::string>() : "";
    };
    if (!object.is_object()) continue;
    if (const auto point = text("point"); !point.empty()) pruned.points[point] = event.at;
    if (const auto point = text("backups_of"); !point.empty()) pruned.backups[point] = event.at;
    if (const auto release = text("release"); !release.empty()) {
      pruned.releases[{text("component"), release}] = event.at;
    }
  }
  return pruned;
}

}  // namespace rollback
