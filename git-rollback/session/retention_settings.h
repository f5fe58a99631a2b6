// `retention:` of .rollback.yml, read strictly: a number that has no unit, or
// one that is not known, is an error that names those which are.
#pragma once

#include "plan/retention.h"
#include "session/strict_yaml.h"

namespace rollback {

// Throws Usage.
Retention read_retention(const YamlValue& value);

}  // namespace rollback
