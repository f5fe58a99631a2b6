#include "session/fetch_refspecs.h"

#include <algorithm>

#include "os/error.h"
#include "store/names.h"
#include "store/remote.h"

namespace rollback {
namespace {

std::string key_of(const std::string& remote) { return "remote." + remote + ".fetch"; }

std::vector<std::string> refspecs_of(const Git& git, const std::string& remote) {
  const Finished all = git.ask({"config", "--local", "-z", "--get-all", key_of(remote)});
  std::vector<std::string> refspecs;
  for (const auto refspec : split(all.out, '\0')) refspecs.emplace_back(refspec);
  return refspecs;
}

bool holds(const std::vector<std::string>& refspecs, const std::string& refspec) {
  return std::find(refspecs.begin(), refspecs.end(), refspec) != refspecs.end();
}

bool is_ours(const std::string& refspec, const std::string& remote) {
  return refspec == names::fetch_events_refspec(remote) ||
         refspec.find(":" + names::tracked_refs(remote)) != std::string::npos;
}

// A regular expression that matches this text alone, as git config takes it.
std::string exactly(const std::string& text) {
  std::string pattern = "^";
  for (const char c : text) {
    if (std::string_view(".[]{}()*+?^$|\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + "$";
}

}  // namespace

std::vector<std::string> install_fetch_refspecs(const Repository& repository) {
  const auto remote = default_remote(repository);
  if (!remote || remote->key != remote->address) return {};  // a url, or no name for a ref
  const std::string& name = remote->key;
  const auto there = refspecs_of(repository.git, name);
  if (there.empty() || repository.settings.flag("remote." + name + ".mirror", false) ||
      std::any_of(there.begin(), there.end(),
                  [](const std::string& refspec) { return refspec.ends_with(":refs/*"); })) {
    return {};
  }
  std::vector<std::string> done;
  for (const auto& refspec : {names::fetch_events_refspec(name), names::fetch_live_refspec(name),
                              names::fetch_points_refspec(name, repository.environment)}) {
    if (holds(there, refspec)) continue;
    repository.git.run({"config", "--local", "--add", key_of(name), refspec});
    done.push_back("git fetch " + name + " now brings " + refspec.substr(1, refspec.find(':') - 1));
  }
  return done;
}

bool has_fetch_refspecs(const Repository& repository) {
  const std::string remotes = repository.git.run({"remote"});
  for (const auto view : split(remotes, '\n')) {
    const std::string remote(view);
    for (const auto& refspec : refspecs_of(repository.git, remote)) {
      if (is_ours(refspec, remote)) return true;
    }
  }
  return false;
}

std::vector<std::string> remove_fetch_refspecs(const Repository& repository) {
  const Git& git = repository.git;
  std::vector<std::string> done;
  const std::string remotes = git.run({"remote"});
  for (const auto view : split(remotes, '\n')) {
    const std::string remote(view);
    bool any = false;
    for (const auto& refspec : refspecs_of(git, remote)) {
      if (!is_ours(refspec, remote)) continue;
      git.run({"config", "--local", "--unset-all", key_of(remote), exactly(refspec)});
      any = true;
    }
    if (any) done.push_back("git fetch " + remote + " no longer brings points and events");
  }
  return done;
}

}  // namespace rollback
