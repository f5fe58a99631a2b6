// Foreign keys of tables that are swapped, and those of others that refer to
// them. RENAME TABLE drags the keys of its children along, so they are taken off
// and made anew; the server does not check the rows when it makes them.
#pragma once

#include <string>
#include <vector>

#include "part/database/mysql/change.h"
#include "part/database/mysql/session.h"

namespace rollback::mysql {

// All may be called again, and wait for tables as taking_a_lock() does.

// Takes off all that the table has now.
void drop_keys(Session& session, const std::string& table);
// Makes those of the definition that are missing on the table of its name.
void add_keys(Session& session, const Definition& definition);

void drop_keys(Session& session, const std::vector<OutsideKey>& keys);
void add_keys(Session& session, const std::vector<OutsideKey>& keys);
// Whether all of them are there. Those of tables that are gone are passed over.
bool has_keys(Session& session, const std::vector<OutsideKey>& keys);

// Those that refer to a table of the plan, from outside, and that it does not know.
std::vector<OutsideKey> unknown_keys(Session& session, const Plan& plan);

// Whether a cascade can change its rows, which no log notes.
bool is_changed_by_others(const Definition& definition);

// Rows of the table that refer to none, since the server did not look. Reads all.
struct Orphans {
  std::string table;
  std::string key;
  std::int64_t rows = 0;
};
std::vector<Orphans> find_orphans(Session& session, const Definition& definition);

}  // namespace rollback::mysql
