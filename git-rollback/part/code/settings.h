// What `.rollback.yml` says of the commits that a code rollback keeps.
#pragma once

#include <string>
#include <vector>

namespace rollback {

// A class of commit. One of its rules that fits is enough. Patterns are RE2's,
// searched for anywhere; "" : no such rule.
struct PreserveClass {
  std::string name;
  std::vector<std::string> aliases = {};
  std::string subject = {};
  std::string message = {};                // the whole of it, subject and trailers, too
  std::string author = {};                 // of "Name <mail>"
  std::vector<std::string> trailers = {};  // keys, as git compares them: case does not count
  std::vector<std::string> paths = {};     // pathspecs, one of which the commit touches
  std::vector<std::string> labels = {};    // a line of its note, as `git log` would show it
};

struct PreserveSettings {
  std::vector<PreserveClass> classes;  // the built-in ones first
  std::vector<std::string> chosen;     // by the strategy: names or aliases of them

  // Built in: hotfixes and security_patches, both chosen.
  PreserveSettings();

  // By name or alias; null when there is none.
  const PreserveClass* find(const std::string& word) const;
};

// Why RE2 does not take this pattern; "" : it does.
std::string fault_of_pattern(const std::string& pattern);

}  // namespace rollback
