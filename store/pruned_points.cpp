#include "store/pruned_points.h"

#include <nlohmann/json.hpp>

#include "os/error.h"
#include "store/event.h"
#include "store/names.h"

namespace rollback {
namespace {

void add(const std::string& line, std::set<std::string>& points) {
  const auto event = parse_event("", line);
  if (!event || event->kind != "pruned") return;
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (const std::string point = text_at(object, "point"); !point.empty()) {
    points.insert(names::point_ref(event->environment, point));
  }
}

}  // namespace

std::set<std::string> pruned_points(const Git& git, const std::vector<std::string>& notes) {
  std::set<std::string> points;
  for (const auto& commit : notes) {
    if (commit.empty()) continue;
    // git looks through its own objects much faster than it could print them
    const Finished found =
        git.ask({"grep", "--no-color", "--no-line-number", "--no-column", "-h", "--text",
                 "--fixed-strings", "-e", R"("event":"pruned")", commit});
    if (found.status > 1) throw Fatal("git grep failed: " + found.err);
    for (const auto line : split(found.out, '\n')) add(std::string(line), points);
  }
  return points;
}

}  // namespace rollback
