#include "part/database/mysql/catalogue/what_differs.h"

#include "part/database/it_has.h"

namespace rollback::mysql {
namespace {

bool counts(const Element& element) {
  return element.kind != Element::Kind::foreign_key && element.kind != Element::Kind::check;
}

std::string sql_of(const Element* element) { return element == nullptr ? "" : element->sql; }

}  // namespace

std::string what_differs(const CreateTable& found, const CreateTable& expected) {
  for (const Element& element : expected.elements) {
    if (!counts(element)) continue;
    const std::string now = sql_of(found.find(element.kind, element.name));
    if (now != element.sql) return ": " + it_has(now, element.sql);
  }
  for (const Element& element : found.elements) {
    if (counts(element) && expected.find(element.kind, element.name) == nullptr) {
      return ": " + it_has(element.sql, "");
    }
  }
  if (found.options != expected.options) return ": " + it_has(found.options, expected.options);
  return "";
}

}  // namespace rollback::mysql
