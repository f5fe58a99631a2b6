// Whose rows go live: the point's, or today's in the point's structure
// (DESIGN §7, `rows`). Pure: facts in, decisions out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/engine.h"

namespace rollback {

struct RowsChoice {
  std::vector<Decision> decisions;     // one for each table of the facts
  std::vector<std::string> details;    // the same, in words
  std::vector<std::string> obstacles;  // reasons, one for each table in the way
  bool for_the_rows = false;           // all of them only for the sake of rows
  std::int64_t rows_lost = 0;
  std::int64_t stranded = 0;  // lost beside those: they would refer to none
  bool counted = true;        // else more could be lost: what was written is not known

  bool changes_anything() const;
};

// Tables of one name in several databases: the words about them name those, too.
void tell_apart(std::vector<std::vector<TableFacts>>& databases,
                const std::vector<std::string>& schemas);

RowsChoice choose_rows(const std::vector<TableFacts>& facts, const ByTable<Rows>& rows);

// What each choice that is possible would lose, over all databases, as options to add;
// `minimal_loss`: what the least consent takes.
std::vector<std::string> hints_for(const std::vector<std::vector<TableFacts>>& databases,
                                   std::int64_t minimal_loss);
// Why none of it goes, with those; nothing where it does. `choices`: one for each database.
std::optional<Obstacle> obstacle_of(const std::vector<std::vector<TableFacts>>& databases,
                                    const std::vector<RowsChoice>& choices,
                                    std::int64_t minimal_loss);
// Of the choices those that lose fewer rows than that.
std::vector<std::string> ways_to_lose_less(const std::vector<std::vector<TableFacts>>& databases,
                                           std::int64_t rows_lost, std::int64_t minimal_loss);

}  // namespace rollback
