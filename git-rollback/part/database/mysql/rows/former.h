// The rows of a table as they were before others wrote to it: triggers keep what each of
// them was at first, so that all can be had back at any time, whatever ended meanwhile.
// What fires no trigger is not kept: TRUNCATE TABLE, a foreign key's cascade.
#pragma once

#include <string>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// Whether rows of it can be told apart, and no cascade changes them.
bool can_keep_former(const Definition& definition);

// The table alone, that keep_former() makes, too.
void make_former(Session& session, const Definition& definition, const std::string& former);

// Makes the table `former`, and triggers <former>_i, _u and _d on `table`, which has that
// definition; stop_logs() takes them away. They keep nothing in a session that carries().
// Waits for the table's lock as taking_a_lock() does.
void keep_former(Session& session, const Definition& definition, const std::string& table,
                 const std::string& former);

// Gives a table of those columns, with the rows of now or of any moment since, the rows
// that were kept, in one transaction, while nobody else writes to it. May be called again.
void give_former_back(Session& session, const Definition& definition, const std::string& former,
                      const std::string& table);

}  // namespace rollback::mysql
