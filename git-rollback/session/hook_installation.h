// The hooks that init installs in a repository: one-line shims that call
// `git rollback hook NAME`, told from anybody else's by a line in them.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "store/repository.h"

namespace rollback {

// Those that a repository of this kind gets.
std::vector<std::string> hooks_for(const Repository& repository);

// Every name that one of ours may have, in whatever kind of repository.
const std::vector<std::string>& all_hooks();

// Where git looks for hooks here, core.hooksPath included.
boost::filesystem::path hooks_directory(const Repository& repository);

// Whether this program wrote the hook with this text.
bool is_hook_of_ours(std::string_view text);

struct HookInstallation {
  std::vector<std::string> done;      // one line each, for people
  std::vector<std::string> warnings;  // hooks of somebody else, left alone
};

// Installs these hooks where they are missing or out of date.
HookInstallation install_hooks(const Repository& repository, const std::vector<std::string>& names);

}  // namespace rollback
