// A real bash with git's own completion and ours: words are typed, and what it
// would offer is looked at.
#pragma once

#include <set>
#include <string>

#include "service_fixture.h"

namespace rollback::testing {

// By lines, without the space that readline is given at the end.
std::set<std::string> lines_of(const std::string& text);

class BashFixture : public ServiceFixture {
 protected:
  static bool has_gits_completion();
  static constexpr const char* no_completion = "git's own completion is not installed";
  static std::string load_both();  // a script that loads git's and ours

  // What is offered for the last word of `line`, which is split as readline
  // splits it.
  std::set<std::string> offered(const std::string& line, const std::string& load = load_both());
};

}  // namespace rollback::testing
