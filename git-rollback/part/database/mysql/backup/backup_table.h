// The table that holds the rows of a backup: like the one it was made of, but
// for what would slow it down or act on others.
#pragma once

#include <string>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// Without secondary keys, foreign keys, triggers and checks; its COMMENT says
// which point it belongs to, and that it is ours to drop.
std::string create_backup(const Definition& definition, const std::string& backup,
                          const std::string& point);

// <table>_backup_<UTC>, or the next that no table has.
std::string free_backup_name(Session& session, const std::string& table, const std::string& point);

// Nothing happens where there is no such table, or one that we did not make.
void drop_backup(Session& session, const std::string& backup);

}  // namespace rollback::mysql
