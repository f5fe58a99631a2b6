// Whether a tag object is what the name of its ref says: a tag that was moved,
// renamed or forged is found out by its own message (DESIGN §3).
#pragma once

#include <string>
#include <vector>

#include "store/git.h"
#include "store/names.h"

namespace rollback {

struct NamedTag {
  names::EnvironmentAndId name;  // what its ref says
  std::string tag_id;
};

// What is wrong with each, in the order asked for; "" : nothing.
std::vector<std::string> problems_of(const Git& git, const std::vector<NamedTag>& tags);

}  // namespace rollback
