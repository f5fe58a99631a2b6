// The rows of a table as they were when a point became the way back: what today's
// rows are counted against.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

struct Baseline {
  Definition definition;
  std::vector<std::string> from;  // as Comparison::baseline
};

// The rows right after the swap that carried out this change, as long as what
// they were made from is still there; nothing: it is not, or nothing was swapped.
std::optional<Baseline> after_swap(Session& session, const Change& change);

}  // namespace rollback::mysql
