// The step that alters a table in place, under a lock that is held for as long as the
// server needs to look at what was written since prepare().
#pragma once

#include <memory>
#include <vector>

#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"
#include "part/part.h"

namespace rollback::mysql {

// One for each table that is altered in place, to be taken after the swap: from then on
// the operation is known to be live. apply() refuses, and changes nothing, where a value
// was written to a column that goes, or that is not known. revert() gives back what was there: no
// row has had another value in those columns than their default. Both refuse where the operation is
// not live, but for what is done already: so revert() comes before the swap's.
std::vector<std::unique_ptr<Step>> make_alterations(const Place& place, const Plan& plan);

}  // namespace rollback::mysql
