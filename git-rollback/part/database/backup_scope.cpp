#include "part/database/backup_scope.h"

#include <algorithm>

#include "part/database/table_pattern.h"

namespace rollback {
namespace {

bool is_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool names_table(std::string_view text, std::string_view table) {
  if (table.empty()) return false;
  // A name that begins with a sign of its own needs no boundary there.
  const bool bound_before = is_of_word(table.front());
  const bool bound_after = is_of_word(table.back());
  for (size_t at = 0; at + table.size() <= text.size(); ++at) {
    if (!same_name(text.substr(at, table.size()), table)) continue;
    const size_t end = at + table.size();
    if (bound_before && at > 0 && is_of_word(text[at - 1])) continue;
    if (bound_after && end < text.size() && is_of_word(text[end])) continue;
    return true;
  }
  return false;
}

BackupMode backup_mode(const DatabaseSettings& settings, const Occasion& occasion,
                       std::string_view table, std::int64_t bytes) {
  const BackupMode word = word_for(settings.backup, table);
  if (word == BackupMode::none) return word;
  if (is_meant(settings.ledger, table)) return BackupMode::full;
  if (word != BackupMode::automatic) return word;
  if (!occasion.migrations || bytes < settings.full_below_bytes) return BackupMode::full;
  const auto& texts = *occasion.migrations;
  const bool named = std::any_of(texts.begin(), texts.end(),
                                 [&](const std::string& text) { return names_table(text, table); });
  return named ? BackupMode::full : BackupMode::structure;
}

}  // namespace rollback
