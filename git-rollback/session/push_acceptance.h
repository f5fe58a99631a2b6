// What git's `update` hook asks of each ref that a push would move: may it, and
// is the state that would be replaced recorded.
#pragma once

#include <functional>
#include <string>

namespace rollback {

struct RefUpdate {
  std::string ref;
  std::string old_id, new_id;  // all zeros: the ref is not there, or is deleted
};

// Gets lines for the person who pushes, as things happen.
using Tell = std::function<void(const std::string&)>;

// For the deploy branch: everything that can be known to go wrong is refused
// while the push can still be; then a point is recorded and the push is
// remembered until accepted and deployed. Another ref passes, unless the push
// would delete or rewrite the record. Throws what is wrong.
void accept_push(const RefUpdate& update, const Tell& tell);

bool is_no_id(const std::string& id);  // all zeros

// Whoever runs the push that this process is a hook of, see os/process_identity.h.
std::string process_of_push();

}  // namespace rollback
