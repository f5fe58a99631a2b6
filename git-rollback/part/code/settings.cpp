#include "part/code/settings.h"

#include <re2/re2.h>

#include <algorithm>

namespace rollback {

PreserveSettings::PreserveSettings()
    : classes{{.name = "hotfixes",
               .subject = R"((?i)^(hotfix|fix!?\(hotfix\)))",
               .trailers = {"Hotfix"}},
              {.name = "security_patches",
               .aliases = {"security_fixes"},
               .subject = R"((?i)^fix\(security\))",
               .message = R"((?i)\bCVE-\d{4}-\d{4,}\b)",
               .trailers = {"Security"}}},
      chosen{"hotfixes", "security_patches"} {}

const PreserveClass* PreserveSettings::find(const std::string& word) const {
  for (const auto& one : classes) {
    const auto& aliases = one.aliases;
    if (one.name == word || std::find(aliases.begin(), aliases.end(), word) != aliases.end()) {
      return &one;
    }
  }
  return nullptr;
}

std::string fault_of_pattern(const std::string& pattern) {
  const RE2 expression(pattern, RE2::Quiet);
  return expression.ok() ? "" : expression.error();
}

}  // namespace rollback
