// Who may change a schema: one process at a time, whichever host or clone it is
// on. It is a lock of the server's (GET_LOCK), held by a session of its own, so
// that it goes with the process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

class Claim {
 public:
  // Throws Refused where somebody else has it, and says who; and where the server
  // is not the one to write to (primary.h).
  explicit Claim(const Place& place);

  // That it is still held: where its connection was lost, it is taken again, or
  // Refused since another has it now.
  void require();
  // Where it is the same as before, nobody else had it meanwhile.
  int times_taken() const { return times_taken_; }

 private:
  void take();
  bool is_ours();
  [[noreturn]] void refuse(std::int64_t holder);

  Place place_;
  Session session_;
  std::string lock_;
  int times_taken_ = 0;
};

// The one of this process, for as long as somebody keeps it.
std::shared_ptr<Claim> claim(const Place& place);

// Takes it where `claim` has none yet, else requires it.
void require_claim(std::shared_ptr<Claim>& claim, const Place& place);

// "git_rollback/world"; with a hash for a long name.
std::string claim_name(const std::string& schema);

// What operations of other hosts have left in this schema, which we have the
// claim of. What was prepared alone is discarded, with a notice. Refused where
// one is live and not settled; but `take_over`, a comma list, names it: it is settled then,
// or taken back where it had not altered all of its tables. So are those of this host that
// it names.
void clear_way(const Place& place, const std::string& take_over);

// Why this host leaves the database to another (`owner`); "": it does not.
std::string why_not_owner(const Place& place);

}  // namespace rollback::mysql
