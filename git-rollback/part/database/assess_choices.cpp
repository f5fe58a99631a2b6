#include "part/database/assess_choices.h"

#include <limits>

#include "os/counted.h"
#include "os/error.h"
#include "part/risk.h"
#include "store/names.h"

namespace rollback {
namespace {

// More rows than there are, also after other databases took theirs off the limit.
constexpr std::int64_t any_loss = std::numeric_limits<std::int64_t>::max() / 2;

}  // namespace

Assessment assess_choices(const Request& request, const std::vector<std::vector<TableFacts>>& facts,
                          const std::vector<RowsChoice>& choices) {
  Assessment assessment;
  assessment.obstacle = obstacle_of(facts, choices, request.minimal_loss);
  if (assessment.obstacle) {  // what would become of the tables is not decided
    assessment.rows_lost = std::nullopt;
    return assessment;
  }
  bool changes = false;
  bool counted = true;
  std::int64_t lost = 0;
  std::int64_t stranded = 0;
  for (const RowsChoice& choice : choices) {
    changes = changes || choice.changes_anything();
    counted = counted && choice.counted;
    lost += choice.rows_lost;
    stranded += choice.stranded;
    assessment.details.insert(assessment.details.end(), choice.details.begin(),
                              choice.details.end());
  }
  assessment.rows_lost = counted ? std::optional(lost + stranded) : std::nullopt;
  assessment.already = !changes;
  assessment.from = "today's tables";
  assessment.to = "those of " + request.target.id;
  if (const auto time = names::time_of_id(request.target.id)) {
    assessment.details.push_back("data as of " + to_rfc3339_seconds(*time));
  }
  if (lost == 0) return assessment;
  for (const auto& way : ways_to_lose_less(facts, lost, request.minimal_loss)) {
    assessment.details.push_back("less is lost by " + way);
  }
  return assessment;
}

Chooser chooser(const ByTable<Rows>& rows, const Covered& covered, std::int64_t limit,
                std::int64_t minimal) {
  return [rows, covered, limit, minimal](std::vector<TableFacts> facts) {
    mark_uncovered(facts, covered);
    const RowsChoice choice = choose_rows(facts, rows);
    if (!choice.obstacles.empty()) {
      throw Refused(choice.obstacles.front(), hints_for({facts}, minimal));
    }
    if (!choice.counted && limit < any_loss) {
      throw Refused("it could not be counted in time how many rows would be lost",
                    {"to accept that, add " + consent_to(Risk::significant)});
    }
    if (choice.rows_lost > limit) {
      throw Refused(counted(choice.rows_lost, "row") + " would be lost",
                    {"to accept that, add " + consent_to(risk_of(choice.rows_lost, minimal))});
    }
    return choice.decisions;
  };
}

}  // namespace rollback
