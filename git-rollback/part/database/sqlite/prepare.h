// Builds the tables that will go live beside the live ones, while the service
// goes on: what it writes meanwhile is logged, and carried over at the swap.
#pragma once

#include <string>

#include "part/database/engine.h"
#include "part/database/sqlite/connection.h"

namespace rollback::sqlite {

Engine::Prepared prepare(const Location& location, const std::string& component,
                         const DatabaseSettings& settings, const Order& order);

std::vector<TableFacts> gather_facts(const Location& location, const std::string& component,
                                     const DatabaseSettings& settings, const std::string& point,
                                     const std::vector<Backup>& backups);

// Takes out what prepare() made, however far it came.
void discard(const Location& location, const std::string& component, const std::string& operation);

// After the swap is final: takes out what only a revert would need.
void settle(const Location& location, const std::string& component, const std::string& operation);

}  // namespace rollback::sqlite
