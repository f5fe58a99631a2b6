// The database part: a component's tables go back to what they were at a
// point, in the rows that `rows` says (DESIGN §7).
//
// In a point's tag each table has one trailer with five fields:
//   Rollback-Backup: <component> <schema>.<table> <backup table> rows=<N> sha256:<hex>
// schema is what names the database within the component: for SQLite the path
// of the url as it was written, "var/characters.db". A backup table of "" (that
// is "-") means that only the structure was kept; then N is 0 and the hash that
// of no rows. What is hashed stands in sqlite_rows.h.
//
// Each database has one with the patterns of `tables`, `sessions` and `ledger`:
//   Rollback-Tables: <component> <schema> <pattern>…
// What they mean and no Rollback-Backup names was not there; any other table without one
// stays as it is in a rollback. A point without such trailers: none was there.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <string>
#include <vector>

#include "part/database/procedure.h"
#include "part/database/settings.h"
#include "part/part.h"

namespace rollback {

// Relative sqlite: paths start at `base`. Usage for a url that no engine takes.
std::unique_ptr<Part> make_database_part(std::string component,
                                         const std::vector<DatabaseSettings>& databases,
                                         const boost::filesystem::path& base, const Git& git);

// Rows that the service wrote after a swap, and that did not fit into the
// tables which a revert brought back: one line for each table that holds them.
std::vector<std::string> rows_set_aside(const std::string& component,
                                        const std::vector<DatabaseSettings>& databases,
                                        const boost::filesystem::path& base, const Git& git,
                                        const std::string& operation);

// SQL procedures that bring a table back, of each database; made where `install`.
// Refused where one of a database cannot be made.
std::vector<Procedures> procedures_of(const std::string& component,
                                      const std::vector<DatabaseSettings>& databases,
                                      const boost::filesystem::path& base, const Git& git,
                                      bool install);

}  // namespace rollback
