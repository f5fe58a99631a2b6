// Takes away what `init` and all that followed it put into a repository:
// exactly our own, and never what a backup or a release holds.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "session/session.h"

namespace rollback {

struct UninstallPlan {
  std::vector<boost::filesystem::path> hooks;          // byte for byte as they were installed
  std::vector<boost::filesystem::path> changed_hooks;  // ours, but changed since: they stay
  std::vector<boost::filesystem::path> shared_hooks;   // outside of the git directory: they stay
  bool excludes = false;                               // our line in info/exclude
  bool fetches = false;                                // our refspecs at remotes
  bool deploys_pushes = false;                         // the settings of push to deploy
  std::vector<RefChange> refs;      // the record: points, live, events, config, their tags
  std::vector<RefChange> tracking;  // what follows remotes, also those that are no more
  bool state = false;               // the folder of index, journal and logs
  std::vector<std::string> stays;   // named, one line each, for people

  bool nothing() const {
    return hooks.empty() && !excludes && !fetches && !deploys_pushes && refs.empty() &&
           tracking.empty() && !state;
  }
  // As a plan shown before; our folder does not count, since the lock is in it.
  bool takes_the_same(const UninstallPlan& other) const;
  std::vector<std::string> lines() const;  // what goes, one line each, for people
};

// Read-only. Hooks of every name that this program can install are looked at.
UninstallPlan plan_uninstall(const Session& session);

// Hooks first, so that nothing calls us any more; the folder with the journal
// last. May be called again after a kill. Refused while a deploy is open.
void uninstall(ChangingSession& changing, const UninstallPlan& plan);

}  // namespace rollback
