// `preserve:` and `strategies:` of .rollback.yml, read strictly: which classes
// of commit there are, and which of them a code rollback keeps.
#pragma once

#include <optional>

#include "part/code/settings.h"
#include "session/strict_yaml.h"

namespace rollback {

// What is not written is as built in. A class that has the name of a built-in
// one stands in its place; any other comes behind. Throws Usage.
PreserveSettings read_preserve_settings(const std::optional<YamlValue>& preserve,
                                        const std::optional<YamlValue>& strategies);

}  // namespace rollback
