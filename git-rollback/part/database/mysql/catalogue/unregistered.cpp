#include "part/database/mysql/catalogue/unregistered.h"

#include <algorithm>
#include <set>

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/table_pattern.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

// The name of a long table is cut in those of ours, and stands in full among the live ones.
std::string full_name(const names::HeldRows& held, const std::vector<Listed>& all) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Listed& live) {
    return !names::is_table_of_ours(live.name) && names::is_cut_to(live.name, held.table);
  });
  return found == all.end() ? held.table : found->name;
}

std::set<std::string> registered(const Registry& registry) {
  std::set<std::string> tables;
  for (const Entry& entry : registry.all()) tables.insert(entry.backup);
  for (const Aside& aside : registry.all_aside()) tables.insert(aside.aside);
  return tables;
}

}  // namespace

std::vector<Unregistered> unregistered(Session& session, const Place& place,
                                       const std::vector<Listed>& all) {
  const Registry registry(session, place.component);
  if (!registry.unsettled().empty()) return {};
  const auto known = registered(registry);
  std::vector<Unregistered> found;
  for (const Listed& listed : all) {
    const auto held = names::held_rows(listed.name);
    if (!held || known.count(listed.name) != 0) continue;
    const std::string table = full_name(*held, all);
    if (is_in_set(place.settings, table)) found.push_back({listed.name, table, held->operation});
  }
  return found;
}

}  // namespace rollback::mysql
