// How much of each table a point keeps, by the words of `backup:`.
#pragma once

#include <cstdint>
#include <string_view>

#include "part/database/engine.h"
#include "part/database/settings.h"

namespace rollback {

// Whether a text names the table: as a whole word, letters of either case equal.
bool names_table(std::string_view text, std::string_view table);

// Never automatic. bytes: of the table, without its indexes. Ledger tables are
// small and always wanted, so their rows are kept unless the word is `none`.
BackupMode backup_mode(const DatabaseSettings& settings, const Occasion& occasion,
                       std::string_view table, std::int64_t bytes);

}  // namespace rollback
