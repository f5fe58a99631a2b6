// Builds the tables that will go live beside the live ones, while the service
// goes on: what it writes meanwhile is logged, and carried over at the swap.
#pragma once

#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

Engine::Prepared prepare(const Place& place, const Order& order);

std::vector<TableFacts> gather_facts(const Place& place, const std::string& point,
                                     const std::vector<Backup>& backups,
                                     std::optional<std::chrono::milliseconds> within);

// Of the tables as they are now, and as the point has them.
std::optional<std::vector<Stranded>> foresee_stranded(
    const Place& place, const std::string& point, const std::vector<Backup>& backups,
    const std::vector<Decision>& decisions, std::optional<std::chrono::milliseconds> within);

}  // namespace rollback::mysql
