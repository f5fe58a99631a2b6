#include "part/database/rows_choice.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "os/counted.h"
#include "part/database/table_pattern.h"
#include "part/risk.h"

namespace rollback {
namespace {

struct Verdict {
  Choice choice = Choice::untouched;
  std::int64_t lost = 0;
  std::string obstacle = {};
  bool for_the_rows = false;
  bool counted = true;  // else `lost` is not all of it
};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

std::string called(const TableFacts& facts) {
  return (facts.database.empty() ? "" : facts.database + ".") + facts.table;
}

Verdict in_the_way(std::string reason) { return {Choice::untouched, 0, std::move(reason), true}; }

Verdict not_counted(const TableFacts& facts) {
  return in_the_way("what was written to '" + called(facts) + "' could not be counted in time");
}

bool unwritten(const TableFacts& facts) {
  return facts.counted && facts.written == 0 && facts.missing == 0;
}

Verdict loses(Choice choice, std::int64_t lost, bool counted) {
  return {choice, counted ? lost : 0, {}, false, counted};
}

Verdict give_back(const TableFacts& facts) {
  if (!facts.rows_at_point) {
    return in_the_way("the point holds the structure of '" + called(facts) + "' but no rows of it");
  }
  if (facts.ledger || !facts.now) return {Choice::restore};
  return loses(Choice::restore, facts.written, facts.counted);
}

Verdict displace(const TableFacts& facts) {
  return loses(Choice::displace, facts.written, facts.counted);
}

Verdict ledger(const TableFacts& facts) {
  if (!facts.at_point) return {Choice::displace};
  if (facts.now && facts.structure_same && (facts.rows_same || !facts.rows_at_point)) return {};
  return give_back(facts);
}

Verdict restore(const TableFacts& facts) {
  if (!facts.at_point) return displace(facts);
  if (facts.now && facts.structure_same && (facts.rows_same || !facts.rows_at_point)) return {};
  return give_back(facts);
}

Verdict keep_all(const TableFacts& facts) {
  if (!facts.at_point) return displace(facts);
  if (!facts.now) return give_back(facts);
  if (facts.structure_same) return {};
  if (facts.no_keep_all) {
    return in_the_way("the rows of '" + called(facts) +
                      "' cannot be kept in the point's structure: " + *facts.no_keep_all);
  }
  const bool known = facts.counted || facts.columns_going.empty();
  return loses(Choice::keep_all, facts.keep_all_loses, known);
}

// After a restore, keeping today's rows would leave the displaced ones out.
Verdict automatic_undo(const TableFacts& facts) {
  if (facts.structure_same && (facts.rows_same || !facts.rows_at_point)) return {};
  if (facts.rows_at_point && unwritten(facts)) return give_back(facts);
  if (facts.undo_of_keep_all || !facts.rows_at_point) {
    const Verdict kept = keep_all(facts);
    if (kept.obstacle.empty() && kept.lost == 0 && kept.counted) return kept;
  }
  if (!facts.counted) return not_counted(facts);
  return in_the_way(counted(facts.written + facts.missing, "row") + " of '" + called(facts) +
                    "' changed since that rollback");
}

Verdict automatic(const TableFacts& facts) {
  if (!facts.at_point) {
    if (!facts.counted) return not_counted(facts);
    if (facts.written == 0) return {Choice::displace};
    return in_the_way("table '" + called(facts) + "' is new since the point and holds " +
                      counted(facts.written, "row"));
  }
  if (!facts.now) return give_back(facts);
  if (facts.undo) return automatic_undo(facts);
  if (facts.structure_same) return {};
  // Where nothing was written, today's rows are the point's.
  if (facts.in_place) return keep_all(facts);
  if (facts.rows_at_point && unwritten(facts)) return give_back(facts);
  const Verdict kept = keep_all(facts);
  if (!kept.obstacle.empty()) return kept;
  if (!kept.counted) return not_counted(facts);
  if (kept.lost == 0) return kept;
  const std::string rows = counted(kept.lost, "row") + " of '" + called(facts) + "' ";
  if (facts.unfit == 0)
    return in_the_way(rows + "would lose values in " + joined(facts.columns_going));
  const std::string unfit =
      (facts.unfit == 1 ? "does" : "do") + std::string(" not fit into the point's columns");
  if (facts.unfit == kept.lost) return in_the_way(rows + unfit);
  return in_the_way(rows + "would lose values in " + joined(facts.columns_going) + ", or " + unfit);
}

// The point's rows and those inserted since: what was changed since is lost, and
// what was deleted comes back.
Verdict keep_new(const TableFacts& facts) {
  if (!facts.at_point) return displace(facts);
  if (!facts.now) return give_back(facts);
  if (facts.structure_same && facts.rows_same) return {};
  if (!facts.rows_at_point) return give_back(facts);
  if (facts.no_keep_new) {
    return in_the_way("the new rows of '" + called(facts) +
                      "' cannot be added to the point's: " + *facts.no_keep_new);
  }
  return loses(Choice::keep_new, facts.keep_new_loses, facts.counted);
}

Verdict judge(const TableFacts& facts, Rows rows) {
  if (facts.refusal) return {Choice::untouched, 0, *facts.refusal, false};
  if (facts.uncovered) return {};
  if (facts.ledger) return ledger(facts);
  if (facts.session) return facts.at_point ? keep_all(facts) : Verdict{};
  switch (rows) {
    case Rows::restore:
      return restore(facts);
    case Rows::keep_all:
      return keep_all(facts);
    case Rows::keep_new:
      return keep_new(facts);
    case Rows::automatic:
      break;
  }
  return automatic(facts);
}

std::string loss_in_words(const Verdict& verdict) {
  if (!verdict.counted) return ", an unknown number of rows lost";
  return verdict.lost > 0 ? ", " + counted(verdict.lost, "row") + " lost" : std::string();
}

std::string staying(std::int64_t rows) {
  return counted(rows, "row") + (rows == 1 ? " stays" : " stay");
}

std::string in_words(const TableFacts& facts, const Verdict& verdict) {
  const std::string loss = loss_in_words(verdict);
  switch (verdict.choice) {
    case Choice::untouched:
      if (facts.uncovered) {
        return "table '" + called(facts) + "' stays as it is: the point did not cover it";
      }
      return called(facts) + ": untouched, " + staying(facts.rows);
    case Choice::displace:
      return called(facts) + ": displaced, it is new since the point, " +
             counted(facts.rows, "row") + loss;
    case Choice::keep_all: {
      std::string text = called(facts) + ": keep_all, " + staying(facts.rows);
      if (facts.in_place) text += " in place";
      if (facts.returning > 0) {
        text += ", " + counted(facts.returning, "row") + " that the rollback set aside " +
                (facts.returning == 1 ? "comes back" : "come back");
      }
      if (facts.unfit > 0) {
        text += ", " + counted(facts.unfit, "row") + (facts.unfit == 1 ? " does" : " do") +
                " not fit and will be set aside";
      }
      for (const auto& name : facts.columns_going) text += ", column '" + name + "' goes";
      for (const auto& name : facts.columns_filled) text += ", column '" + name + "' comes back";
      if (facts.undo && !facts.undo_of_keep_all) {
        text += ", the rows which that rollback displaced stay aside";
      }
      return text + loss;
    }
    case Choice::keep_new:
      return called(facts) + ": keep_new, " + counted(facts.point_rows, "row") +
             " of the point and " + counted(facts.inserted, "row") + " inserted since" + loss;
    case Choice::restore:
      break;
  }
  std::string text =
      called(facts) + ": restore, " + counted(facts.point_rows, "row") + " of the point";
  if (facts.missing > 0) {
    text += ", " + counted(facts.missing, "row") + " deleted or changed since " +
            (facts.missing == 1 ? "comes" : "come") + " back";
  }
  return text + loss;
}

struct Loss {
  std::int64_t rows = 0;
  bool known = true;
};

// Nothing: the choice is not possible.
std::optional<Loss> loss_of(const std::vector<std::vector<TableFacts>>& databases, Rows rows) {
  Loss loss;
  for (const auto& facts : databases) {
    const RowsChoice choice = choose_rows(facts, {rows});
    if (!choice.obstacles.empty()) return std::nullopt;
    loss.rows += choice.rows_lost;
    loss.known = loss.known && choice.counted;
  }
  return loss;
}

std::string hint(const std::string& word, const Loss& loss, std::int64_t minimal) {
  const std::string option = "--rows=" + word;
  if (!loss.known) {
    return option + " " + consent_to(Risk::significant) + "  # loses an unknown number of rows";
  }
  if (loss.rows == 0) return option + "  # loses nothing";
  return option + " " + consent_to(risk_of(loss.rows, minimal)) + "  # loses " +
         counted(loss.rows, "row");
}

constexpr std::array<std::pair<Rows, const char*>, 3> words{
    {{Rows::restore, "restore"}, {Rows::keep_all, "keep_all"}, {Rows::keep_new, "keep_new"}}};

}  // namespace

bool RowsChoice::changes_anything() const {
  return std::any_of(decisions.begin(), decisions.end(),
                     [](const Decision& d) { return d.choice != Choice::untouched; });
}

void tell_apart(std::vector<std::vector<TableFacts>>& databases,
                const std::vector<std::string>& schemas) {
  std::map<std::string, int> times;
  for (const auto& facts : databases) {
    for (const TableFacts& table : facts) ++times[table.table];
  }
  for (size_t i = 0; i < databases.size(); ++i) {
    for (TableFacts& table : databases[i]) {
      if (times[table.table] > 1) table.database = schemas[i];
    }
  }
}

RowsChoice choose_rows(const std::vector<TableFacts>& facts, const ByTable<Rows>& by_table) {
  RowsChoice result;
  bool only_rows = true;
  for (const TableFacts& table : facts) {
    const Rows rows = word_for(by_table, table.table);
    const Verdict verdict = judge(table, rows);
    if (!verdict.obstacle.empty()) {
      result.obstacles.push_back(verdict.obstacle);
      only_rows = only_rows && verdict.for_the_rows;
    }
    const bool if_unwritten = rows == Rows::automatic && !table.ledger;
    result.decisions.push_back(
        {table.table, verdict.choice, table.ledger, if_unwritten, verdict.lost});
    result.details.push_back(in_words(table, verdict));
    result.rows_lost += verdict.lost;
    result.counted = result.counted && verdict.counted;
  }
  result.for_the_rows = !result.obstacles.empty() && only_rows;
  return result;
}

std::vector<std::string> hints_for(const std::vector<std::vector<TableFacts>>& databases,
                                   std::int64_t minimal_loss) {
  std::vector<std::string> hints;
  for (const auto& [rows, word] : words) {
    if (const auto loss = loss_of(databases, rows))
      hints.push_back(hint(word, *loss, minimal_loss));
  }
  return hints;
}

std::optional<Obstacle> obstacle_of(const std::vector<std::vector<TableFacts>>& databases,
                                    const std::vector<RowsChoice>& choices,
                                    std::int64_t minimal_loss) {
  Obstacle obstacle;
  obstacle.for_the_rows = true;
  for (const RowsChoice& choice : choices) {
    if (choice.obstacles.empty()) continue;
    obstacle.for_the_rows = obstacle.for_the_rows && choice.for_the_rows;
    for (const auto& reason : choice.obstacles) {
      obstacle.reason += (obstacle.reason.empty() ? "" : "; ") + reason;
    }
  }
  if (obstacle.reason.empty()) return std::nullopt;
  if (obstacle.for_the_rows) obstacle.hints = hints_for(databases, minimal_loss);
  return obstacle;
}

std::vector<std::string> ways_to_lose_less(const std::vector<std::vector<TableFacts>>& databases,
                                           std::int64_t rows_lost, std::int64_t minimal_loss) {
  std::vector<std::string> hints;
  for (const auto& [rows, word] : words) {
    const auto loss = loss_of(databases, rows);
    if (loss && loss->known && loss->rows < rows_lost)
      hints.push_back(hint(word, *loss, minimal_loss));
  }
  return hints;
}

}  // namespace rollback
