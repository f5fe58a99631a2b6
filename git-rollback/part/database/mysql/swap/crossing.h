// Swaps of several databases of one server, there or back: one RENAME TABLE for the
// tables of all of them.
#pragma once

#include <memory>
#include <vector>

#include "part/database/mysql/swap/cut_over.h"
#include "part/database/mysql/swap/exchange.h"
#include "part/database/mysql/swap/side.h"

namespace rollback::mysql {

class Crossing {
 public:
  // They stay where they are, and are of one server and one login.
  Crossing(const std::vector<Side*>& sides, Way way);

  // While the service runs: logs in, brings rows and keys up to now.
  void get_ready();
  // Whether what get_ready() took is still there.
  bool is_ready();
  // All the way, from wherever each is. Gets ready unless that was done.
  void run();

 private:
  std::vector<Exchange*> not_renamed();
  void cut_over_or_catch_up();
  void cut_over();

  const Place& place_;
  Session session_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::unique_ptr<CutOver> cut_over_;  // once it is ready
  std::vector<Exchange*> ready_;       // whose tables it renames
  Way way_;
  bool renamed_now_ = false;
};

}  // namespace rollback::mysql
