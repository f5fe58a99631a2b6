// Foreign keys of tables that are swapped, and those of others that refer to
// them. RENAME TABLE drags the keys of its children along: those between tables that
// go live together are made before, and come along; all others are taken off and made
// anew. The server does not check the rows when it makes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/server/session.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// All may be called again, and wait for tables as taking_a_lock() does.

// Takes off all that the table has now.
void drop_keys(Session& session, const std::string& table);

// A table that goes live, and is called as its definition then.
struct Arrival {
  const Definition* definition;
  std::string table;  // what it is called before
  std::string id;     // begins the names that keys have before
};
std::vector<Arrival> arrivals(const Plan& plan);  // of a swap
std::vector<Arrival> arrivals_of_revert(const Plan& plan);
// Makes those between the tables, while they are not live. They have names that are
// free, since those of their own stand on the live tables still.
void add_inner_keys(Session& session, const std::vector<Arrival>& all);
// Of the live table, which has the inner ones: gives those their own names, without
// a moment in which they are off, and makes those that are missing.
void add_keys(Session& session, const Arrival& arrived);

void drop_keys(Session& session, const std::vector<OutsideKey>& keys);
void add_keys(Session& session, const std::vector<OutsideKey>& keys);
// Whether all of them are there. Those of tables that are gone are passed over.
bool has_keys(Session& session, const std::vector<OutsideKey>& keys);

// The names of all keys that refer to a live table of the plan, without a look at
// the tables that have them; nothing where InnoDB does not say.
std::optional<std::string> keys_to(Session& session, const Plan& plan);
bool knows(const Plan& plan, const OutsideKey& key);  // by name
// Those that refer to a table of the plan, from outside, and that it does not know.
std::vector<OutsideKey> unknown_keys(Session& session, const Plan& plan);

}  // namespace rollback::mysql
