#include "part/database/mysql/catalogue/sql_text.h"

namespace rollback::mysql {

size_t end_of_quoted(std::string_view sql, size_t at) {
  const char quote = sql[at];
  for (size_t i = at + 1; i < sql.size(); ++i) {
    if (sql[i] == '\\' && quote != '`') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 == sql.size() || sql[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  throw std::invalid_argument("a quoted text does not end");
}

size_t find_word(std::string_view sql, std::string_view word) {
  return walk(sql, 0, [&](char, size_t i) {
    return !sql.substr(i).starts_with(word) || (i > 0 && sql[i - 1] != ' ' && sql[i - 1] != '\n');
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

std::string take_identifier(std::string_view& text) {
  if (text.empty() || text.front() != '`') return {};
  const size_t end = end_of_quoted(text, 0);
  std::string name;
  for (size_t i = 1; i + 1 < end; ++i) {
    name += text[i];
    if (text[i] == '`') ++i;
  }
  text = trimmed(text.substr(end));
  return name;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text = trimmed(text.substr(word.size()));
  return true;
}

}  // namespace rollback::mysql
