// Reading SQL that the server wrote: its quotes, its parentheses, its names.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace rollback::mysql {

// Where a quoted text that begins at `at` ends. Throws std::invalid_argument.
size_t end_of_quoted(std::string_view sql, size_t at);

// Calls take(character, position) for each character outside of quotes and of
// parentheses opened after `at`; stops when it returns false, and says where.
template <class Take>
size_t walk(std::string_view sql, size_t at, const Take& take) {
  int depth = 0;
  while (at < sql.size()) {
    const char c = sql[at];
    if (c == '\'' || c == '"' || c == '`') {
      at = end_of_quoted(sql, at);
      continue;
    }
    if (depth == 0 && !take(c, at)) return at;
    if (c == '(') ++depth;
    if (c == ')') --depth;
    ++at;
  }
  return at;
}

// Where a word stands outside of quotes and parentheses, with a space or nothing
// before it; sql.size(): nowhere.
size_t find_word(std::string_view sql, std::string_view word);

std::string_view trimmed(std::string_view text);

// These take what they find off the front, and the spaces behind it.
std::string take_identifier(std::string_view& text);  // "": there is none
bool take_word(std::string_view& text, std::string_view word);

}  // namespace rollback::mysql
