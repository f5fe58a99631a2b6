// Which tables of a database a component's patterns mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "part/database/settings.h"

namespace rollback {

// ASCII letters of either case are equal, as in SQLite's names.
bool same_name(std::string_view a, std::string_view b);

// * is any text and ? any one character.
bool matches_pattern(std::string_view pattern, std::string_view name);

// False for tables of ours and of the engine, whatever the patterns say.
bool is_meant(const std::vector<std::string>& patterns, std::string_view table);

// Of tables, sessions or ledger.
bool is_in_set(const DatabaseSettings& settings, std::string_view table);

template <class Word>
Word word_for(const ByTable<Word>& words, std::string_view table) {
  for (const auto& [pattern, word] : words.patterns) {
    if (matches_pattern(pattern, table)) return word;
  }
  return words.otherwise;
}

}  // namespace rollback
