#include "part/database/mysql/catalogue/foreign_key.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "part/database/mysql/catalogue/sql_text.h"
#include "part/database/mysql/server/session.h"

namespace rollback::mysql {
namespace {

// "(`a`, `b`) …": a and b.
std::vector<std::string> take_columns(std::string_view& text) {
  std::vector<std::string> columns;
  if (!text.starts_with('(')) throw std::invalid_argument("a foreign key names no columns");
  while (!text.empty() && text.front() != ')') {
    text = trimmed(text.substr(1));
    columns.push_back(take_identifier(text));
    if (columns.back().empty()) throw std::invalid_argument("a foreign key names no columns");
  }
  if (!text.empty()) text = trimmed(text.substr(1));
  return columns;
}

bool is_cascading(std::string_view actions) {
  constexpr std::array<std::string_view, 6> words{"ON DELETE CASCADE",     "ON DELETE SET NULL",
                                                  "ON DELETE SET DEFAULT", "ON UPDATE CASCADE",
                                                  "ON UPDATE SET NULL",    "ON UPDATE SET DEFAULT"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return actions.find(word) != std::string_view::npos;
  });
}

}  // namespace

ForeignKey parse_foreign_key(const Element& element) {
  ForeignKey key;
  key.name = element.name;
  key.columns = element.columns;
  key.sql = element.sql;
  std::string_view rest = element.sql;
  rest = rest.substr(std::min(find_word(rest, "REFERENCES"), rest.size()));
  if (!take_word(rest, "REFERENCES"))
    throw std::invalid_argument("a foreign key refers to nothing");
  key.parent = take_identifier(rest);
  if (rest.starts_with('.')) {
    key.parent_schema = key.parent;
    rest.remove_prefix(1);
    key.parent = take_identifier(rest);
  }
  key.parent_columns = take_columns(rest);
  key.cascades = is_cascading(rest);
  return key;
}

std::string to_sql(const ForeignKey& key, const std::string& name, const std::string& parent) {
  std::string columns;
  for (const auto& column : key.columns) {
    columns += (columns.empty() ? "" : ", ") + identifier(column);
  }
  std::string_view rest = key.sql;
  rest = rest.substr(std::min(find_word(rest, "REFERENCES"), rest.size()));
  take_word(rest, "REFERENCES");
  take_identifier(rest);
  return "CONSTRAINT " + identifier(name) + " FOREIGN KEY (" + columns + ") REFERENCES " +
         identifier(parent) + " " + std::string(rest);
}

}  // namespace rollback::mysql
