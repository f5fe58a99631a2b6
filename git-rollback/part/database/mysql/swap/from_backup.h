// An emergency's way: the table that goes live is the point's backup itself, which is
// given what it lacks, so that no row is copied before the swap. What others write to it
// then is kept as it was at first (former.h), so that the backup can be given back, or
// made anew, after a kill as well.
#pragma once

#include <optional>
#include <string>

#include "part/database/backup_trailer.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/place.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Whether the backup can become the point's table, tried on an empty one called
// change.incoming, that is gone after it. Where not, it is copied as ever.
bool can_go_live(Session& session, const Change& change, const std::string& point);

// It is called change.incoming from then on, and is as the point's table was. Refused, and
// nothing done, where it is not what the point recorded.
void take_backup(Session& session, const Change& change, const Backup& recorded,
                 const std::string& point);
// From here on what others do to it is kept.
void keep_former(Session& session, const Change& change);

// While it is not live: the point's rows again. May be called again.
void restore_backup(Session& session, const Change& change);
// The same, and it is the backup again, with its name. Nothing is done where it is. Why it
// has not the point's rows any more; nothing: it has.
std::optional<std::string> give_backup_back(Session& session, const Change& change,
                                            const Entry& entry);

// After the swap: a backup of that name with the point's rows, while others write. Why
// that cannot be any more; nothing: it is there.
std::optional<std::string> copy_backup_again(const Place& place, Session& session,
                                             const Change& change, const Entry& entry);

}  // namespace rollback::mysql
