// What follows a swap, or a preparation that came to nothing: the displaced
// tables described for `undo`, and what an operation made taken out again.
#pragma once

#include <string>
#include <vector>

#include "part/database/backup_trailer.h"
#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Takes out what prepare() made, however far it came.
void discard(const Place& place, const std::string& operation);

// Describes the displaced tables as the backups of `point`.
std::vector<Backup> leave(const Place& place, const Plan& plan, const std::string& point);

// After the swap is final: takes out what only a revert would need.
void settle(const Place& place, const std::string& operation);

// For an operation that somebody else's change keeps from its end: takes its triggers and
// logs out, and describes what it displaced. The tables stay as they are.
void abandon(const Place& place, const std::string& operation);

// One line for each table with rows that did not fit.
std::vector<std::string> set_aside(const Place& place, const std::string& operation);

}  // namespace rollback::mysql
