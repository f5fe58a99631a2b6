// What rollbacks displaced, over all databases of a selection: found, exported,
// put back, and told of in the record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/salvage.h"
#include "session/session.h"

namespace rollback {

// Newest operation first. `components`: as --component takes them; empty: all.
std::vector<SalvageTable> find_salvage(const Session& session, const std::string& components);
void count_missing(const Session& session, std::vector<SalvageTable>& tables);

struct SalvageChoice {
  std::string operation;  // its id, or the beginning of it that no other has
  std::string components;
  std::optional<std::string> table;  // the live one's name, or that of the one with the rows
};
// At least one, all of one operation. Usage where nothing is of that name.
std::vector<SalvageTable> choose_salvage(const Session& session, const SalvageChoice& choice);

// Takes the ledgers out and returns them, unless the choice names a table: with their rows
// the live one would say that a migration ran which was taken back. Usage where that is all.
std::vector<SalvageTable> pass_over_ledgers(std::vector<SalvageTable>& tables,
                                            const SalvageChoice& choice);

// What there is to know about what was written, one line each.
std::vector<std::string> export_salvage(const Session& session, const SalvageTable& table,
                                        const ExportOrder& order);

// The tables of one database after the other, each in one transaction. Then the
// event `salvage`, unless nothing went or order.dry_run. order.id is filled in.
std::vector<PutBack> put_salvage_back(ChangingSession& changing,
                                      const std::vector<SalvageTable>& tables, PutBackOrder& order);

// By the table where its rows belong, or the one that holds them; "database.table", too.
bool is_named(const SalvageTable& table, const std::string& word);
// What names it, and none of another database.
std::string word_for(const SalvageTable& table, const std::vector<SalvageTable>& all);

}  // namespace rollback
