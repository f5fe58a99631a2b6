#include "session/deleted_tags.h"

#include "os/error.h"
#include "store/names.h"
#include "store/pruned_points.h"
#include "store/remote_refs.h"

namespace rollback {

std::vector<NamedTag> find_deleted_tags(const Repository& repository) {
  if (!repository.settings.flag("rollback.tags", true)) return {};
  const RefIds refs = list_local(repository.git);
  std::vector<NamedTag> missing;
  for (const auto& [ref, id] : refs) {
    const auto name = names::parse_point_ref(ref);
    if (name && refs.count(names::tag_ref(name->environment, name->id)) == 0) {
      missing.push_back({*name, id});
    }
  }
  if (missing.empty()) return {};
  const auto events = refs.find(std::string(names::events_ref));
  const auto pruned = pruned_points(repository.git, {events == refs.end() ? "" : events->second});
  const auto problems = problems_of(repository.git, missing);
  std::vector<NamedTag> deleted;
  for (size_t i = 0; i < missing.size(); ++i) {
    const auto& name = missing[i].name;
    const bool stays_away = pruned.count(names::point_ref(name.environment, name.id)) != 0;
    if (problems[i].empty() && !stays_away) deleted.push_back(missing[i]);
  }
  return deleted;
}

DeletedTags restore_deleted_tags(ChangingSession& changing) {
  DeletedTags tags{.put_back = find_deleted_tags(changing.repository()), .problem = {}};
  if (tags.put_back.empty()) return tags;
  Publication publication;
  for (const auto& [name, id] : tags.put_back) {
    publication.refs.push_back({names::tag_ref(name.environment, name.id), "", id});
  }
  try {
    publish(changing.git(), changing.journal(), publication);
  } catch (const Error& error) {
    return {.put_back = {}, .problem = error.what()};
  }
  return tags;
}

}  // namespace rollback
