// Lays commits on a tree in memory, without a work tree.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "part/code/replay/replay.h"
#include "store/git.h"

namespace rollback {

// libgit2 where it can open the repository, else git's own plumbing: the same
// trees either way.
std::unique_ptr<Replay> open_replay(const Git& git);

std::unique_ptr<Replay> open_plumbing_replay(const Git& git);
// Nothing when the module is not installed, or libgit2 cannot open this
// repository (SHA-256, worktreeConfig and others, see FACTS).
std::unique_ptr<Replay> open_libgit2_replay(const Git& git);

}  // namespace rollback
