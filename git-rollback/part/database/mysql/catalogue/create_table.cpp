#include "part/database/mysql/catalogue/create_table.h"

#include <algorithm>
#include <stdexcept>

#include "part/database/mysql/catalogue/sql_text.h"
#include "part/database/mysql/server/session.h"

namespace rollback::mysql {
namespace {

// Of "(`a`,`b`(10) DESC,(a + b))": a and b, and that there is an expression; of
// "(`a`,`p` WITHOUT OVERLAPS)": a, since p is a period.
void parse_parts(std::string_view text, Element& key) {
  const size_t open = walk(text, 0, [](char c, size_t) { return c != '('; });
  if (open == text.size()) return;
  std::string_view rest = text.substr(open + 1);
  while (!rest.empty()) {
    std::string_view part = trimmed(rest);
    const std::string name = take_identifier(part);
    const bool is_column = !name.empty() && !take_word(part, "WITHOUT OVERLAPS");
    if (!is_column) key.has_expressions = true;
    if (is_column) key.columns.push_back(name);
    const size_t end = walk(rest, 0, [](char c, size_t) { return c != ',' && c != ')'; });
    if (end == rest.size() || rest[end] == ')') break;
    rest = rest.substr(end + 1);
  }
}

Element parse_key(Element::Kind kind, std::string_view rest, const std::string& sql) {
  Element element{kind, take_identifier(rest), sql};
  parse_parts(rest, element);
  return element;
}

Element parse_element(std::string_view text) {
  using Kind = Element::Kind;
  const std::string sql(text);
  std::string_view rest = text;
  if (rest.starts_with('`')) return {Kind::column, take_identifier(rest), sql};
  if (take_word(rest, "PRIMARY KEY")) return parse_key(Kind::primary_key, rest, sql);
  if (take_word(rest, "UNIQUE KEY")) return parse_key(Kind::unique_key, rest, sql);
  for (const auto* const word : {"FULLTEXT KEY", "SPATIAL KEY", "VECTOR KEY", "KEY"}) {
    if (take_word(rest, word)) return parse_key(Kind::key, rest, sql);
  }
  if (take_word(rest, "CONSTRAINT")) {
    Element element{Kind::check, take_identifier(rest), sql};
    if (!take_word(rest, "FOREIGN KEY")) return element;
    element.kind = Kind::foreign_key;
    parse_parts(rest, element);
    return element;
  }
  return {Kind::other, "", sql};
}

// The counter of an AUTO_INCREMENT column is state, not structure.
std::string without_counter(std::string_view options) {
  const size_t at = find_word(options, "AUTO_INCREMENT=");
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

bool same_elements(std::vector<Element> a, std::vector<Element> b) {
  for (auto* const elements : {&a, &b}) {
    const auto keys = std::stable_partition(
        elements->begin(), elements->end(),
        [](const Element& element) { return element.kind != Element::Kind::key; });
    std::sort(keys, elements->end(),
              [](const Element& one, const Element& other) { return one.name < other.name; });
  }
  return a == b;
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
