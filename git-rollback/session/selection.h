// Which parts of which components: the one meaning of --component(s).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "session/configuration.h"
#include "store/kind.h"

namespace rollback {

using Selection = std::map<std::string, std::set<Kind>>;  // by component

std::set<Kind> kinds_of(const ComponentConfiguration& component);
Selection everything(const Configuration& configuration);

// A comma list of component names and part names (DESIGN §4): `playerbot` is
// all its parts, `code,config` those parts of every component, `playerbot/db`
// one part of one. An empty list is everything. Usage for what is not there.
Selection parse_selection(std::string_view list, const Configuration& configuration);

}  // namespace rollback
