#include "part/database/mysql/create_table.h"

#include <algorithm>
#include <stdexcept>

#include "part/database/mysql/session.h"

namespace rollback::mysql {
namespace {

// Where a quoted text that begins at `at` ends.
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

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

// The identifier that a text begins with; the rest is left in it.
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

// Of "(`a`,`b`(10) DESC,(a + b))": a and b.
std::vector<std::string> columns_in(std::string_view text) {
  std::vector<std::string> columns;
  const size_t open = walk(text, 0, [](char c, size_t) { return c != '('; });
  if (open == text.size()) return columns;
  std::string_view rest = text.substr(open + 1);
  while (!rest.empty()) {
    std::string_view part = trimmed(rest);
    const std::string name = take_identifier(part);
    if (!name.empty()) columns.push_back(name);
    const size_t end = walk(rest, 0, [](char c, size_t) { return c != ',' && c != ')'; });
    if (end == rest.size() || rest[end] == ')') break;
    rest = rest.substr(end + 1);
  }
  return columns;
}

Element parse_key(Element::Kind kind, std::string_view rest, const std::string& sql) {
  Element element{kind, take_identifier(rest), sql, {}};
  element.columns = columns_in(rest);
  return element;
}

Element parse_element(std::string_view text) {
  using Kind = Element::Kind;
  const std::string sql(text);
  std::string_view rest = text;
  if (rest.starts_with('`')) return {Kind::column, take_identifier(rest), sql, {}};
  if (take_word(rest, "PRIMARY KEY")) return parse_key(Kind::primary_key, rest, sql);
  if (take_word(rest, "UNIQUE KEY")) return parse_key(Kind::unique_key, rest, sql);
  for (const auto* const word : {"FULLTEXT KEY", "SPATIAL KEY", "VECTOR KEY", "KEY"}) {
    if (take_word(rest, word)) return parse_key(Kind::key, rest, sql);
  }
  if (take_word(rest, "CONSTRAINT")) {
    const std::string name = take_identifier(rest);
    if (take_word(rest, "FOREIGN KEY")) return {Kind::foreign_key, name, sql, columns_in(rest)};
    return {Kind::other, name, sql, {}};
  }
  return {Kind::other, "", sql, {}};
}

// The counter of an AUTO_INCREMENT column is state, not structure.
std::string without_counter(std::string_view options) {
  constexpr std::string_view word = "AUTO_INCREMENT=";
  const size_t at = walk(options, 0, [&](char, size_t i) {
    return !options.substr(i).starts_with(word) || (i > 0 && options[i - 1] != ' ');
  });
  if (at == options.size()) return std::string(options);
  size_t end = options.find_first_of(" \n", at);
  end = end == std::string_view::npos ? options.size() : end + 1;
  return std::string(options.substr(0, at)) + std::string(options.substr(end));
}

}  // namespace

const Element* CreateTable::find(Element::Kind kind, std::string_view wanted) const {
  const auto found = std::find_if(elements.begin(), elements.end(), [&](const Element& element) {
    return element.kind == kind && element.name == wanted;
  });
  return found == elements.end() ? nullptr : &*found;
}

CreateTable parse_create_table(std::string_view sql) {
  std::string_view rest = trimmed(sql);
  if (!take_word(rest, "CREATE TABLE")) throw std::invalid_argument("this is no CREATE TABLE");
  CreateTable table;
  table.name = take_identifier(rest);
  if (!rest.starts_with('(')) throw std::invalid_argument("CREATE TABLE has no columns");
  size_t at = 1;
  while (true) {
    const size_t end = walk(rest, at, [](char c, size_t) { return c != ',' && c != ')'; });
    if (end == rest.size()) throw std::invalid_argument("CREATE TABLE does not end");
    table.elements.push_back(parse_element(trimmed(rest.substr(at, end - at))));
    at = end + 1;
    if (rest[end] == ')') break;
  }
  table.options = without_counter(trimmed(rest.substr(at)));
  return table;
}

std::string to_sql(const CreateTable& table, const std::string& name,
                   const std::vector<Element::Kind>& left_out) {
  std::string list;
  for (const Element& element : table.elements) {
    if (std::find(left_out.begin(), left_out.end(), element.kind) != left_out.end()) continue;
    list += (list.empty() ? "" : ",\n  ") + element.sql;
  }
  return "CREATE TABLE " + identifier(name) + " (\n  " + list + "\n) " + table.options;
}

}  // namespace rollback::mysql
