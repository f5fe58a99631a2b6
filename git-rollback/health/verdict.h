// Verdicts: a pure function of events (DESIGN §3).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/event.h"

namespace rollback {

enum class Verdict { unknown, stable, failed };
std::string_view name_of(Verdict verdict);

struct Judgement {
  Verdict verdict = Verdict::unknown;
  std::string because;       // a few words for people
  std::optional<int> score;  // the latest health score of the deploy
};

// Of the state that a deploy brought; `point` is the point that holds it, for
// marks that name it, and may be empty. `events` are the environment's, oldest
// first. A deploy that is empty has no events: only a mark speaks for it.
Judgement judge(std::string_view point, std::string_view deploy, const std::vector<Event>& events,
                int min_score);

// What rollbacks away from a deploy brought back, where none of them was of
// everything. Parts by name, such as "playerbot/config", each with its point.
struct PartlyBack {
  std::map<std::string, std::string> parts;
  std::map<std::string, std::string> left_out;  // that stayed for the sake of their rows
};
// Nothing where there is no such rollback that no undo has withdrawn.
std::optional<PartlyBack> partly_back_from(std::string_view deploy,
                                           const std::vector<Event>& events);

// The parts, each with the operation, that were given up by rollbacks and undos of this
// deploy while they were in flight, and that no later one brought back.
std::map<std::string, std::string> given_up_since(std::string_view deploy,
                                                  const std::vector<Event>& events);

// Was there a rollback away from this deploy that no undo has withdrawn?
bool rolled_back_from(std::string_view deploy, const std::vector<Event>& events);

}  // namespace rollback
