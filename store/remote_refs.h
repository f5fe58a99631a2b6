// Which refs of the record a repository has, and bringing those of a remote to
// the tracking refs. `config` and `before` are never among them.
#pragma once

#include <map>
#include <string>

#include "store/git.h"
#include "store/remote.h"

namespace rollback {

// Ids by the ref's name as its own repository spells it: points, live chains,
// events, and the tags that show points. No other ref.
using RefIds = std::map<std::string, std::string>;

RefIds list_local(const Git& git);
RefIds list_remote(const Git& git, const Remote& remote);   // asks it; Fatal when it fails
RefIds list_tracked(const Git& git, const Remote& remote);  // as last fetched; without tags

// Brings the tracking refs to what the remote has, with their objects, and
// removes those that it has no more; it touches no other ref. `listed` says
// which environments there are, and whether there are events. Fatal when it fails.
void fetch_record(const Git& git, const Remote& remote, const RefIds& listed);

// Moves the tracking refs of these to what the remote has taken just now, so
// that the next look at it need not fetch them.
void follow(const Git& git, const Remote& remote, const RefIds& taken);

// Removes the lock files that a killed fetch left on tracking refs of any remote.
void clear_locks_of_tracking(const Git& git);

}  // namespace rollback
