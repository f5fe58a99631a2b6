// A table that is given the point's structure as it stands, by one ALTER TABLE that
// takes no time (ALGORITHM=INSTANT), so that no copy of it is made.
#pragma once

#include <optional>

#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// From today's structure to the point's, where the two differ in nothing but columns
// that came since to a table with a key, outside of all keys and with a literal for a default, and
// in what a column says of itself beside its type. Nothing: there is no such way, or none that is
// surely right. Reads nothing; the server has the last word, see can_be_altered().
std::optional<Alteration> alteration(const Flavour& flavour, const Definition& now,
                                     const Definition& then);

// Whether the server takes both ways at once, and they lead where they have to: tried on
// a table of the same structure, called change.incoming, that is gone after it. Needs
// change.storage.
bool can_be_altered(Session& session, const Change& change);

// Whether a row that stands in the log has a value in a column that goes. Reads the table
// and its log alone, under their own names.
bool has_new_values(Session& session, const Change& change);
// The same while others write, a few rows at a time. What it has looked at and has no such
// value is taken out of the log, so that has_new_values() reads what came since alone.
bool look_for_new_values(Session& session, const Change& change);

// But for foreign keys.
bool same_but_for_foreign_keys(const CreateTable& a, const CreateTable& b);

}  // namespace rollback::mysql
