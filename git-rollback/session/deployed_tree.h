// The work tree that pushes are deployed into: what of it a checkout would
// overwrite, and the checkout. git moves it, so filters and sparse checkouts work.
#pragma once

#include <string>
#include <vector>

#include "store/git.h"

namespace rollback {

struct Checkout {
  std::string commit;  // that is to be checked out
  // What the index may rightly have: the branch's old commit first, "" where it
  // was not there, then those of checkouts that were cut short.
  std::vector<std::string> known;
  // What a checkout that was cut short was on its way to. A file that is there
  // already is no local change.
  std::vector<std::string> cut_short;
};

struct CheckoutOutlook {
  std::vector<std::string> in_the_way;  // local changes, staged ones too, and untracked files
  std::vector<std::string> kept;        // local changes of files that the commit does not change
};

// Changes nothing.
CheckoutOutlook look_at_checkout(const Git& git, const Checkout& checkout);

// Index and files become the commit's; files that are missing come back. Untracked and ignored
// files stay, as do local changes of files that it does not change. Throws Refused, having changed
// no file, where something is in the way. The lock must be held; may be called again after a kill.
void check_out(const Git& git, const Checkout& checkout);

// Tracked files whose content is not the index's, or that are missing.
std::vector<std::string> local_changes(const Git& git);

}  // namespace rollback
