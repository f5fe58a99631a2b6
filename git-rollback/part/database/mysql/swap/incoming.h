// A table that will go live, built beside the live one: made, filled, brought up
// to date and checked.
#pragma once

#include <cstdint>

#include "part/database/backup_trailer.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Whether a choice brings a table of its own, else only displaces.
bool builds(Choice choice);

// Whether today's rows go live, in the point's shape.
bool takes_live_rows(const Change& change);
// Of those that are written while it is built. Needs `before` and `after`.
Carry carry_of(const Change& change);

// Notes what is written to the live table from now on.
void log_live(Session& session, const Change& change);

// Empty, with all keys but foreign ones, and no triggers.
void create_incoming(Session& session, const Change& change);

// Puts the rows in. How many did not fit; they are aside, with the reason.
// Refused where the backup is not what the point recorded.
std::int64_t fill_incoming(Session& session, const Change& change, const Backup& recorded);

// Of a restore: the point's rows again, and nothing else.
void refill_incoming(Session& session, const Change& change);

// How many rows that reads, for progress.
std::uint64_t rows_read_by_filling(const Change& change, std::int64_t rows_at_point);

// Carries over what was written meanwhile, checks the table (CHECK TABLE, its
// structure) and has it logged for a revert.
void complete_incoming(Session& session, Change& change);

}  // namespace rollback::mysql
