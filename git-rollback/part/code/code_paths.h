// Which paths a component means by its code, and with them the config files that
// git tracks.
#pragma once

#include <string>
#include <vector>

namespace rollback {

// What one component means by its code.
struct CodePaths {
  std::string component;
  std::vector<std::string> pathspecs;  // empty: the whole tree
  std::vector<std::string> config;     // its config files, as .rollback.yml spells them
  bool with_config = false;            // they go back in the same operation
};

using Pathspecs = std::vector<std::string>;  // empty: the whole tree, with nothing left out

// Of what goes back. Config files are the config part's business: with it, their
// committed version goes back too; without it, they stay.
Pathspecs specs_of_what_goes_back(const std::vector<CodePaths>& components);

// Of what kept commits may bring: no config file, since what the config part
// writes is what stands there.
Pathspecs specs_of_what_is_kept(const std::vector<CodePaths>& components);

std::vector<std::string> tracked_config(const std::vector<CodePaths>& components);

}  // namespace rollback
