#include "store/point_check.h"

#include "os/error.h"
#include "store/tag.h"

namespace rollback {
namespace {

std::string problem_of(const names::EnvironmentAndId& name, const std::optional<Tag>& tag) {
  if (!tag) return "it is no annotated tag of a commit";
  try {
    const Point point = parse_point_message(tag->message);
    if (point.id == name.id && point.environment == name.environment) return "";
    return "its message is that of point '" + point.id + "' of '" + point.environment + "'";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

std::vector<std::string> problems_of(const Git& git, const std::vector<NamedTag>& tags) {
  std::vector<std::string> ids, problems;
  for (const auto& tag : tags) ids.push_back(tag.tag_id);
  const auto read = read_tags(git, ids);
  for (size_t i = 0; i < tags.size(); ++i) problems.push_back(problem_of(tags[i].name, read[i]));
  return problems;
}

}  // namespace rollback
