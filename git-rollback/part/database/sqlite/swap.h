// The visible moment: live and incoming tables exchange their names in one
// transaction, by editing SQLite's schema table.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "part/database/sqlite/change.h"
#include "part/database/sqlite/connection.h"
#include "part/database/sqlite/projection.h"
#include "part/part.h"

namespace rollback::sqlite {

std::unique_ptr<Step> make_swap(const Location& location, const std::string& component, Plan plan);

// keep_all: from what is live to the incoming table.
Projection projection_of(const Change& change);

// Runs `work`; a row that breaks a constraint of the point's structure becomes
// Refused with the table's name.
void fitting(const Change& change, const std::function<void()>& work);

}  // namespace rollback::sqlite
