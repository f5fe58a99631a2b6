// What makes a plain `git fetch` bring the record of its remote, to refs that
// follow it and hold nothing of our own. `sync` works without them, too.
#pragma once

#include <string>
#include <vector>

#include "store/repository.h"

namespace rollback {

// Adds to remote.<name>.fetch of the remote that sync would choose what is
// missing there: the events, every live chain, the points of this environment.
// All of them are globs, so that a fetch succeeds where the remote has none of
// it. Leaves a mirror alone, and a remote that fetches nothing by itself. What
// was done, one line each, for people.
std::vector<std::string> install_fetch_refspecs(const Repository& repository);

// Whether any of them stands at any remote.
bool has_fetch_refspecs(const Repository& repository);

// Takes exactly those away again, from every remote and for every environment.
// The refs that they brought stay.
std::vector<std::string> remove_fetch_refspecs(const Repository& repository);

}  // namespace rollback
