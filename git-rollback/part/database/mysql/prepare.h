// Builds the tables that will go live beside the live ones, while the service
// goes on: what it writes meanwhile is logged, and carried over at the swap.
#pragma once

#include <string>
#include <vector>

#include "part/database/engine.h"
#include "part/database/mysql/place.h"

namespace rollback::mysql {

Engine::Prepared prepare(const Place& place, const Order& order);

std::vector<TableFacts> gather_facts(const Place& place, const std::string& point,
                                     const std::vector<Backup>& backups);

// Takes out what prepare() made, however far it came.
void discard(const Place& place, const std::string& operation);

// After the swap is final: takes out what only a revert would need.
void settle(const Place& place, const std::string& operation);

// What leave() of the engine does: describes the displaced tables as the backups
// of `point`.
std::vector<Backup> leave(const Place& place, const std::string& prepared,
                          const std::string& point);

std::vector<std::string> set_aside(const Place& place, const std::string& operation);

}  // namespace rollback::mysql
