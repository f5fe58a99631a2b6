#include "session/selection.h"

#include "os/error.h"
#include "store/git.h"

namespace rollback {
namespace {

std::string known_names(const Configuration& configuration) {
  std::string text;
  for (const auto& component : configuration.components) text += component.name + ", ";
  return text + "code, database, config, binaries";
}

void add_part_of_all(Selection& selection, Kind kind, const Configuration& configuration) {
  bool any = false;
  for (const auto& component : configuration.components) {
    if (kinds_of(component).count(kind) == 0) continue;
    selection[component.name].insert(kind);
    any = true;
  }
  if (!any) {
    throw Usage("no component has a part '" + std::string(name_of(kind)) + "' in .rollback.yml");
  }
}

void add_word(Selection& selection, std::string_view word, const Configuration& configuration) {
  if (const auto kind = kind_of(word)) return add_part_of_all(selection, *kind, configuration);
  const size_t slash = word.find('/');
  const std::string_view name = word.substr(0, slash);
  const ComponentConfiguration* component = configuration.find(name);
  if (component == nullptr) {
    throw Usage("'" + std::string(name) + "' is neither a component nor a part",
                {"known here: " + known_names(configuration)});
  }
  const auto kinds = kinds_of(*component);
  if (slash == std::string_view::npos) {
    selection[component->name].insert(kinds.begin(), kinds.end());
    return;
  }
  const std::string_view part = word.substr(slash + 1);
  const auto kind = kind_of(part);
  if (!kind) {
    throw Usage("'" + std::string(part) + "' is no part",
                {"the parts are code, database (or db), config and binaries"});
  }
  if (kinds.count(*kind) == 0) {
    throw Usage("component '" + component->name + "' has no part '" + std::string(name_of(*kind)) +
                "' in .rollback.yml");
  }
  selection[component->name].insert(*kind);
}

}  // namespace

std::set<Kind> kinds_of(const ComponentConfiguration& component) {
  std::set<Kind> kinds;
  if (component.code) kinds.insert(Kind::code);
  if (!component.databases.empty()) kinds.insert(Kind::database);
  if (!component.config.empty()) kinds.insert(Kind::config);
  if (component.binaries) kinds.insert(Kind::binaries);
  return kinds;
}

Selection everything(const Configuration& configuration) {
  Selection selection;
  for (const auto& component : configuration.components) {
    selection[component.name] = kinds_of(component);
  }
  return selection;
}

Selection parse_selection(std::string_view list, const Configuration& configuration) {
  if (list.empty()) return everything(configuration);
  Selection selection;
  if (list.ends_with(',')) throw Usage("an empty name in '" + std::string(list) + "'");
  for (const auto word : split(list, ',')) {
    if (word.empty()) throw Usage("an empty name in '" + std::string(list) + "'");
    add_word(selection, word, configuration);
  }
  return selection;
}

}  // namespace rollback
